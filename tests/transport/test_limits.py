"""Hosts that grant little, many hosts at once, the way through a jump host, and a reload."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import HostKeyMismatch, HostUnreachable
from engine.transport.ssh import SshTransport
from tests.transport.script import DIGEST, SCRIPT
from tests.transport.servers import openssh
from tests.transport.site import QUICK, command, inventory_of, known_hosts, site_at


async def test_max_sessions_is_learned_and_everybody_is_served(tmp_path: Path) -> None:
    async with openssh(tmp_path, "MaxSessions 2") as server, site_at(tmp_path, server) as site:
        for _ in range(2):
            commands = (site.transport.run("h1", command("echo", n=n)) for n in range(12))
            replies = await asyncio.gather(*commands)
            assert [reply.stdout for reply in replies] == [f"n={n}|" for n in range(12)]
        assert site.proxy.accepted == 1


async def test_twenty_hosts_at_once_pass_a_narrow_max_startups(tmp_path: Path) -> None:
    async with openssh(tmp_path, "MaxStartups 2:80:4") as server, site_at(tmp_path, server) as site:
        hosts = {f"h{n}": site.proxy.port for n in range(20)}
        transport = SshTransport(replace(inventory_of(hosts), ssh=site.inventory.ssh), (SCRIPT, DIGEST))
        try:
            replies = await asyncio.gather(*(transport.run(host, command("whoami", 40)) for host in hosts))
        finally:
            await transport.close()
        assert {reply.status for reply in replies} == {0}


async def test_a_large_upload_is_not_held_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "artifact"
    with file.open("wb") as sink:
        for _ in range(40):
            sink.write(os.urandom(1_000_000))
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        await site.transport.run("h1", command("whoami"))
        tracemalloc.start()
        try:
            reply = await site.transport.run("h1", replace(command("sum"), upload=str(file)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert reply.stdout.split()[0] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert peak < 12_000_000


@contextlib.asynccontextmanager
async def behind_a_jump_host(tmp_path: Path, jump_lines: tuple[str, ...] = ("AllowTcpForwarding yes",), **ssh: str):
    """A site whose second host ``h2`` is reached through ``h1``, and whose h1 is direct."""
    (tmp_path / "far").mkdir()
    async with (
        openssh(tmp_path, *jump_lines) as near,
        openssh(tmp_path / "far", keys=near.keys) as far,
        site_at(tmp_path, near) as site,
    ):
        hosts = inventory_of({"h1": site.proxy.port, "h2": far.port}).hosts
        known_hosts(tmp_path / "known_hosts", *((port, near.keys.host_public) for port in (site.proxy.port, far.port)))
        jump = ssh.get("jump") or f"{near.user}@127.0.0.1:{site.proxy.port}"
        await site.transport.reconfigure(
            replace(site.inventory, hosts=hosts, ssh=replace(site.inventory.ssh, jump=jump))
        )
        yield site, far


@pytest.mark.parametrize("jump", ["h1", ""])
async def test_a_jump_host_is_passed_over_one_shared_connection(tmp_path: Path, jump: str) -> None:
    async with behind_a_jump_host(tmp_path, jump=jump) as (site, far):
        replies = await asyncio.gather(*(site.transport.run("h2", command("echo", n=n)) for n in range(6)))
        assert {reply.status for reply in replies} == {0}
        assert (await site.transport.run("h2", replace(command("whoami"), fresh=True))).status == 0
        assert (far.cache / "interlock" / f"host-{DIGEST}.sh").exists()
        if jump == "h1":
            assert (await site.transport.run("h1", command("whoami"))).status == 0
        assert site.proxy.accepted == 1


async def test_a_jump_host_that_was_cut_is_dialled_again(tmp_path: Path) -> None:
    async with behind_a_jump_host(tmp_path, jump="h1") as (site, _):
        mark = tmp_path / "mark"
        running = asyncio.create_task(site.transport.run("h2", command("note", file=mark, seconds=5)))
        while not mark.exists():
            await asyncio.sleep(0.01)
        site.proxy.cut()
        assert (await running).status is None
        assert (await site.transport.run("h2", command("whoami"))).status == 0


async def test_a_jump_host_that_forbids_forwarding_is_named(tmp_path: Path) -> None:
    async with behind_a_jump_host(tmp_path, ("AllowTcpForwarding no",), jump="h1") as (site, _):
        with pytest.raises(HostUnreachable, match=r"h2 .* through h1 .*forbids forwarding"):
            await site.transport.run("h2", command("whoami"))
        assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_a_host_that_is_down_behind_a_jump_host_is_unreachable(tmp_path: Path) -> None:
    async with behind_a_jump_host(tmp_path, jump="h1") as (site, far):
        hosts = {**site.inventory.hosts, "h2": replace(site.inventory.hosts["h1"], name="h2", port=17_999)}
        ssh = replace(site.inventory.ssh, jump="h1")
        await site.transport.reconfigure(replace(site.inventory, hosts=hosts, ssh=ssh))
        with pytest.raises(HostUnreachable, match=r"h2 .* cannot be reached through h1"):
            await site.transport.run("h2", command("whoami"))
        assert far.port


async def test_a_jump_host_with_a_wrong_key_stops_everything_behind_it(tmp_path: Path) -> None:
    async with behind_a_jump_host(tmp_path, jump="h1") as (site, far):
        known_hosts(tmp_path / "known_hosts", (far.port, far.keys.host_public))
        with pytest.raises(HostKeyMismatch, match=r"h2 .* is reached through h1.*not recorded"):
            await site.transport.run("h2", command("whoami"))


async def test_an_ssh_config_is_used_when_it_is_named(tmp_path: Path) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        config = tmp_path / "config"
        config.write_text(
            f"Host web\n HostName 127.0.0.1\n Port {site.proxy.port}\n User {server.user}\n HostKeyAlias web-key\n"
        )
        (tmp_path / "known_hosts").write_text(f"[web-key]:{site.proxy.port} {server.keys.host_public}\n")
        host = replace(site.inventory.hosts["h1"], address="web", port=0)
        ssh = replace(site.inventory.ssh, user="", config=str(config))
        await site.transport.reconfigure(replace(site.inventory, hosts={"h1": host}, ssh=ssh))
        assert (await site.transport.run("h1", command("whoami"))).status == 0


async def test_a_reload_drops_what_changed_and_keeps_the_rest(tmp_path: Path) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        both = {**site.inventory.hosts, "h2": replace(site.inventory.hosts["h1"], name="h2")}
        await site.transport.reconfigure(replace(site.inventory, hosts=both))
        for host in both:
            await site.transport.run(host, command("whoami"))
        assert site.proxy.accepted == 2
        mark = tmp_path / "mark"
        running = asyncio.create_task(site.transport.run("h2", command("note", file=mark, seconds=1)))
        while not mark.exists():
            await asyncio.sleep(0.01)
        moved = {**both, "h2": replace(both["h2"], port=server.port)}
        await site.transport.reconfigure(replace(site.inventory, hosts=moved))
        known_hosts(
            tmp_path / "known_hosts", *((port, server.keys.host_public) for port in (site.proxy.port, server.port))
        )
        assert (await site.transport.run("h2", command("whoami"))).status == 0  # past the proxy now
        assert (await site.transport.run("h1", command("whoami"))).status == 0
        assert (await running).stdout == "noted\n"  # on the old connection, to its end
        assert site.proxy.accepted == 2


async def test_one_slow_host_holds_nobody_up(tmp_path: Path) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site, contextlib.AsyncExitStack() as stack:
        stuck = await stack.enter_async_context(site_at(tmp_path, server))
        stuck.proxy.freeze()
        hosts = {"h1": site.proxy.port, "h2": stuck.proxy.port}
        transport = SshTransport(replace(inventory_of(hosts), ssh=site.inventory.ssh), (SCRIPT, DIGEST), QUICK)
        known_hosts(tmp_path / "known_hosts", (site.proxy.port, server.keys.host_public))
        waiting = asyncio.create_task(transport.run("h2", command("whoami", 30)))
        await asyncio.sleep(0.1)
        assert (await transport.run("h1", command("whoami"))).status == 0
        assert not waiting.done()
        waiting.cancel()
        await transport.close()
