"""An embedded host answers like a hardened SSH server: commands only, and exactly."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest
import pytest_asyncio

from engine.fleet.embedded import EmbeddedFleet, embedded_fleet
from tests.fleet.connection import connect

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOST = "prod-eu-a1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedFleet]:
    async with embedded_fleet(tmp_path_factory.mktemp("fleet"), services=1, hosts=2) as fleet:
        yield fleet


@pytest_asyncio.fixture(loop_scope="module")
async def link(fleet: EmbeddedFleet) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with await connect(fleet, HOST) as link:
        yield link


async def until(path: Path, timeout_s: float = 10.0) -> str:
    """A file's text once it is there."""
    async with asyncio.timeout(timeout_s):
        while not path.exists() or not path.read_text():
            await asyncio.sleep(0.02)
    return path.read_text()


async def test_exit_status_and_both_outputs_come_back(link: asyncssh.SSHClientConnection) -> None:
    result = await link.run("echo out; echo err >&2; exit 7")
    assert (result.exit_status, result.stdout, result.stderr) == (7, "out\n", "err\n")


async def test_a_signal_is_told_and_is_no_exit_status(link: asyncssh.SSHClientConnection) -> None:
    result = await link.run("kill -9 $$")
    assert result.exit_signal
    assert result.exit_signal[0] == "KILL"
    assert result.exit_status == -1


async def test_a_command_that_does_not_exist_is_the_shells_127(link: asyncssh.SSHClientConnection) -> None:
    assert (await link.run("no-such-command")).exit_status == 127


async def test_commands_run_in_the_home_with_the_hosts_own_environment(
    fleet: EmbeddedFleet, link: asyncssh.SSHClientConnection
) -> None:
    result = await link.run('pwd; echo "$HOME"; echo "${PATH%%:*}"; cat "$INTERLOCK_BOOT_ID_FILE"; id -un >/dev/null')
    home, again, first_of_path, boot_id = str(result.stdout).split()
    assert home == again == str(fleet.home(HOST))
    assert first_of_path == f"{home}/bin"
    assert len(boot_id) == 36
    assert "PYTEST_CURRENT_TEST" not in str((await link.run("env")).stdout)


async def test_end_of_file_reaches_the_command(link: asyncssh.SSHClientConnection) -> None:
    assert (await link.run("cat; echo end", input="abc\n")).stdout == "abc\nend\n"


async def test_large_data_passes_unchanged_both_ways(link: asyncssh.SSHClientConnection) -> None:
    data = os.urandom(8_000_000)
    async with asyncio.timeout(60):
        result = await link.run("cat", input=data, encoding=None)
    assert result.stdout == data


async def test_a_client_that_does_not_read_does_not_fill_the_server(
    fleet: EmbeddedFleet, link: asyncssh.SSHClientConnection
) -> None:
    """Backpressure: the command stands still, nobody buffers what it could say."""
    size = 60_000_000
    async with link.create_process(f"head -c {size} /dev/zero; echo done >unread", encoding=None) as process:
        await asyncio.sleep(1.5)
        assert not (fleet.home(HOST) / "unread").exists()
        async with asyncio.timeout(60):
            assert len(await process.stdout.read()) == size
    assert await until(fleet.home(HOST) / "unread") == "done\n"


async def test_a_command_that_does_not_read_its_input_still_ends(link: asyncssh.SSHClientConnection) -> None:
    async with asyncio.timeout(20):
        result = await link.run("exit 5", input="x" * 3_000_000)
    assert result.exit_status == 5


async def test_many_commands_at_once(link: asyncssh.SSHClientConnection) -> None:
    results = await asyncio.gather(*(link.run(f"sleep 0.2; exit {number}") for number in range(20)))
    assert [result.exit_status for result in results] == list(range(20))


async def test_a_detached_job_outlives_its_connection(fleet: EmbeddedFleet) -> None:
    home = fleet.home(HOST)
    async with await connect(fleet, HOST) as link:
        line = "setsid sh -c 'sleep 0.5; echo done >detached' </dev/null >/dev/null 2>&1 & echo started"
        assert (await link.run(line)).stdout == "started\n"
    assert await until(home / "detached") == "done\n"


async def test_a_command_goes_on_when_its_connection_breaks(fleet: EmbeddedFleet) -> None:
    link = await connect(fleet, HOST)
    process = await link.create_process("sleep 0.5; echo done >abandoned")
    link.abort()
    await link.wait_closed()
    assert process.exit_status is None
    assert await until(fleet.home(HOST) / "abandoned") == "done\n"


async def test_an_upload_cut_short_ends_early_on_the_host(fleet: EmbeddedFleet) -> None:
    link = await connect(fleet, HOST)
    process = await link.create_process("cat >part; wc -c <part >size")
    process.stdin.write("x" * 1000)
    await asyncio.sleep(0.2)
    link.abort()
    await link.wait_closed()
    assert await until(fleet.home(HOST) / "size") == "1000\n"


async def test_orphans_are_not_left_as_zombies(link: asyncssh.SSHClientConnection) -> None:
    """A dead supervisor must look dead to ``kill -0``, or a host waits for it for ever."""
    line = "sh -c 'sleep 0.1 & echo $!' </dev/null >orphan; sleep 0.5; read pid <orphan; kill -0 $pid"
    assert (await link.run(line)).exit_status == 1


async def test_there_is_no_shell_no_file_transfer_and_no_forwarding(link: asyncssh.SSHClientConnection) -> None:
    result = await link.run("", request_pty=False)
    assert result.exit_status == 1
    assert "commands only" in str(result.stderr)
    with pytest.raises(asyncssh.ChannelOpenError):
        await link.start_sftp_client()
    with pytest.raises(asyncssh.ChannelOpenError):
        await link.open_connection("127.0.0.1", 22)


async def test_another_key_is_refused(fleet: EmbeddedFleet, tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(tmp_path / "other"))
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(fleet, HOST, client_keys=[str(tmp_path / "other")])


async def test_a_host_shows_the_key_that_was_recorded_for_it_and_no_other(fleet: EmbeddedFleet, tmp_path: Path) -> None:
    lines = (fleet.inventory / "known_hosts").read_text().splitlines()
    keys = [line.split(" ", 1)[1] for line in lines]
    assert len(set(keys)) == len(fleet.addresses)
    swapped = [f"{line.split(' ', 1)[0]} {key}\n" for line, key in zip(lines, reversed(keys), strict=True)]
    (tmp_path / "known_hosts").write_text("".join(swapped))
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await connect(fleet, HOST, known_hosts=str(tmp_path / "known_hosts"))
