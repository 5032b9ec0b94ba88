"""What any transport must do, held against three kinds of SSH server."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import DeadlinePassed, HostUnreachable, TransportError, UsageError
from engine.model.remote import Command, Reply
from engine.transport.protocol import Transport
from engine.transport.session import STDERR_KEPT, STDOUT_KEPT
from tests.transport.servers import SERVERS
from tests.transport.site import Site, command, site_at

HOSTILE = ("a b", "c'd", '"', "$(touch canary)", "`touch canary`", "; touch canary", "\n-rf", "ä\t*", "-- --help", "!x")


@pytest.fixture(params=SERVERS)
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    async with SERVERS[request.param](tmp_path) as server, site_at(tmp_path, server) as site:
        yield site


async def started(site: Site, seconds: float, timeout_s: float = 20) -> asyncio.Task[Reply]:
    """A command that runs for a while and is certainly running now."""
    mark = site.folder / "mark"
    task = asyncio.create_task(site.transport.run("h1", command("note", timeout_s, file=mark, seconds=seconds)))
    while not mark.exists():
        await asyncio.sleep(0.01)
    return task


async def test_it_is_a_transport(site: Site) -> None:
    transport: Transport = site.transport
    assert transport.latency_ms("h1") is None
    assert (await transport.run("h1", command("whoami"))).stdout.strip() == site.server.user
    latency = transport.latency_ms("h1")
    assert latency is not None
    assert 0 < latency < 5000


async def test_arguments_arrive_as_they_are(site: Site) -> None:
    args = tuple((f"k{number}", value) for number, value in enumerate(HOSTILE))
    reply = await site.transport.run("h1", Command("echo", args))
    assert reply.stdout == "".join(f"{key}={value}|" for key, value in args)
    assert not list(site.folder.rglob("canary"))
    assert not (Path.home() / "canary").exists()


async def test_a_failure_is_data(site: Site) -> None:
    reply = await site.transport.run("h1", command("fail"))
    assert (reply.status, reply.stdout, reply.stderr) == (3, "", "no\n")


async def test_input_ends(site: Site) -> None:
    assert (await site.transport.run("h1", command("cat"))).stdout == ""
    reply = await site.transport.run("h1", replace(command("cat"), stdin="é\n\0".encode() * 200_000))
    assert reply.stdout == "é\n\0" * 200_000


async def test_an_upload_arrives_intact_after_the_input(site: Site) -> None:
    file = site.folder / "artifact"
    file.write_bytes(os.urandom(16_000_000))
    reply = await site.transport.run("h1", replace(command("sum"), stdin=b"header\n", upload=str(file)))
    assert reply.stdout.split()[0] == hashlib.sha256(b"header\n" + file.read_bytes()).hexdigest()


async def test_an_upload_that_is_not_there_starts_nothing(site: Site) -> None:
    mark = site.folder / "mark"
    with pytest.raises(TransportError, match="absent cannot be sent"):
        await site.transport.run("h1", replace(command("note", file=mark), upload=str(site.folder / "absent")))
    assert site.runs(mark) == 0


async def test_a_command_may_ignore_its_input(site: Site) -> None:
    file = site.folder / "artifact"
    file.write_bytes(bytes(8_000_000))
    assert (await site.transport.run("h1", replace(command("fail"), upload=str(file)))).status == 3
    assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_big_output_is_drained_and_capped(site: Site) -> None:
    reply = await site.transport.run("h1", command("flood"))
    assert reply.status == 0
    assert reply.truncated
    assert reply.stdout == "x" * STDOUT_KEPT
    assert reply.stderr == "\n" + "y" * (STDERR_KEPT - 1)


async def test_hostile_bytes_are_decoded_with_replacement(site: Site) -> None:
    reply = await site.transport.run("h1", command("hostile"))
    assert (reply.status, reply.truncated) == (0, False)
    assert reply.stdout == "a\ufffd\x1b]52;c;eA==\x07\0b\x9b"


async def test_a_killed_command_has_no_status(site: Site) -> None:
    reply = await site.transport.run("h1", command("die"))
    assert reply.status is None
    assert "KILL" in reply.stderr


async def test_thirty_commands_share_one_connection(site: Site) -> None:
    commands = (site.transport.run("h1", command("echo", n=n)) for n in range(30))
    replies = await asyncio.gather(*commands)
    assert [reply.stdout for reply in replies] == [f"n={n}|" for n in range(30)]
    assert site.proxy.accepted == 1
    assert len(site.script_files()) == 1


async def test_the_script_is_sent_again_when_it_is_gone_or_empty(site: Site) -> None:
    mark = site.folder / "mark"
    for runs in (1, 2, 3):
        assert (await site.transport.run("h1", command("note", file=mark))).status == 0
        assert site.runs(mark) == runs
        (script,) = site.script_files()
        if runs == 1:
            script.unlink()
        else:
            script.write_bytes(b"")
    assert site.proxy.accepted == 1


async def test_fresh_means_a_new_connection_which_then_is_kept(site: Site) -> None:
    await site.transport.run("h1", command("whoami"))
    assert site.proxy.accepted == 1
    assert (await site.transport.run("h1", replace(command("whoami"), fresh=True))).status == 0
    assert site.proxy.accepted == 2
    await site.transport.run("h1", command("whoami"))
    assert site.proxy.accepted == 2


async def test_fresh_does_not_disturb_what_runs(site: Site) -> None:
    running = await started(site, seconds=1)
    assert (await site.transport.run("h1", replace(command("whoami"), fresh=True))).status == 0
    assert (await running).stdout == "noted\n"


async def test_a_cut_link_gives_no_status_and_the_next_call_connects_anew(site: Site) -> None:
    running = await started(site, seconds=3)
    site.proxy.cut()
    before = time.monotonic()
    assert (await running).status is None
    assert time.monotonic() - before < 1
    assert (await site.transport.run("h1", command("whoami"))).status == 0
    assert site.runs(site.folder / "mark") == 1


async def test_a_link_cut_at_rest_is_replaced_without_a_word(site: Site) -> None:
    await site.transport.run("h1", command("whoami"))
    site.proxy.cut()
    mark = site.folder / "mark"
    assert (await site.transport.run("h1", command("note", file=mark))).status == 0
    assert site.runs(mark) == 1


async def test_a_link_frozen_in_mid_command_ends_at_the_deadline(site: Site) -> None:
    await site.transport.run("h1", command("whoami"))
    before = time.monotonic()
    running = await started(site, timeout_s=1, seconds=5)
    site.proxy.freeze()
    with pytest.raises(DeadlinePassed, match="may still be running"):
        await running
    assert time.monotonic() - before < 1.5
    site.proxy.heal()
    assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_a_frozen_link_is_noticed_long_before_a_far_deadline(site: Site) -> None:
    running = await started(site, timeout_s=60, seconds=30)
    site.proxy.freeze()
    async with asyncio.timeout(4):
        assert (await running).status is None


async def test_a_link_frozen_before_the_command_started_nothing(site: Site) -> None:
    mark = site.folder / "mark"
    await site.transport.run("h1", command("whoami"))
    site.proxy.freeze()
    with pytest.raises(HostUnreachable, match="Nothing was started"):
        await site.transport.run("h1", command("note", timeout_s=0.5, file=mark))
    site.proxy.heal()
    assert (await site.transport.run("h1", command("whoami"))).status == 0
    assert site.runs(mark) == 0


async def test_a_host_that_swallows_everything_is_unreachable(site: Site) -> None:
    site.proxy.freeze()
    with pytest.raises(HostUnreachable, match=r"no connection within 0\.5 s"):
        await site.transport.run("h1", command("whoami", timeout_s=0.5))
    site.proxy.heal()
    assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_a_process_left_behind_does_not_hold_the_reply(site: Site) -> None:
    before = time.monotonic()
    assert (await site.transport.run("h1", command("leave"))).stdout == "left\n"
    assert time.monotonic() - before < 5


async def test_an_upload_cut_half_way_is_unknown(site: Site) -> None:
    file = site.folder / "artifact"
    file.write_bytes(bytes(16_000_000))
    await site.transport.run("h1", command("whoami"))
    running = asyncio.create_task(site.transport.run("h1", replace(command("sum"), upload=str(file))))
    while site.proxy.carried < 4_000_000:
        await asyncio.sleep(0.005)
    site.proxy.cut()
    assert (await running).status is None


async def test_close_does_not_hang_on_a_frozen_link(site: Site) -> None:
    running = await started(site, seconds=20)
    site.proxy.freeze()
    async with asyncio.timeout(3):
        await site.transport.close()
        assert (await running).status is None
    with pytest.raises(TransportError, match="is stopping"):
        await site.transport.run("h1", command("whoami"))


async def test_a_host_nobody_knows_is_a_usage_error(site: Site) -> None:
    with pytest.raises(UsageError, match="h2 is no host"):
        await site.transport.run("h2", command("whoami"))
