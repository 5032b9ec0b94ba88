"""What can be done to an embedded host, and what is left of it afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncssh
import pytest
import pytest_asyncio

from engine.fleet.embedded import EmbeddedFleet, embedded_fleet
from engine.fleet.process import FleetFailed
from tests.fleet.connection import connect

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOST, OTHER = "prod-eu-a1", "staging-eu-a1"
CONFIG_PORT = 8101


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedFleet]:
    async with embedded_fleet(tmp_path_factory.mktemp("fleet"), services=1, hosts=2) as fleet:
        yield fleet


async def boot_id(fleet: EmbeddedFleet, host: str) -> str:
    async with await connect(fleet, host) as link:
        return str((await link.run('cat "$INTERLOCK_BOOT_ID_FILE"', check=True)).stdout).strip()


async def test_cut_resets_connections_and_refuses_new_ones(fleet: EmbeddedFleet) -> None:
    before = await boot_id(fleet, HOST)
    link = await connect(fleet, HOST)
    waiting = asyncio.create_task(link.run("sleep 30"))
    await asyncio.sleep(0.1)
    await fleet.cut(HOST)
    async with asyncio.timeout(5):
        result = (await asyncio.gather(waiting, return_exceptions=True))[0]
    assert isinstance(result, Exception) or result.exit_status is None
    with pytest.raises(ConnectionRefusedError):
        await connect(fleet, HOST)
    assert await fleet.reported(HOST, CONFIG_PORT) == "1.8.0"
    async with await connect(fleet, OTHER) as other:
        assert (await other.run("exit 3")).exit_status == 3
    await fleet.heal(HOST)
    assert await boot_id(fleet, HOST) == before


async def test_frozen_a_host_is_connected_and_silent_and_goes_on_after_the_thaw(fleet: EmbeddedFleet) -> None:
    async with await connect(fleet, HOST) as link:
        assert (await link.run("echo before")).stdout == "before\n"
        await fleet.freeze(HOST)
        asked = asyncio.create_task(link.run("echo held back"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asked), 0.5)
        with pytest.raises((TimeoutError, asyncssh.Error)):
            await connect(fleet, HOST, connect_timeout=0.5, login_timeout=0.5)
        await fleet.heal(HOST)
        async with asyncio.timeout(5):
            assert (await asked).stdout == "held back\n"


async def test_a_crash_ends_everything_and_a_boot_starts_the_services_again(fleet: EmbeddedFleet) -> None:
    before = await boot_id(fleet, HOST)
    async with await connect(fleet, HOST) as link:
        await link.run("setsid sh -c 'trap : TERM HUP; sleep 300; sleep 300' </dev/null >/dev/null 2>&1 &")
    elsewhere = fleet.processes(OTHER)
    assert len(fleet.processes(HOST)) >= 3
    await fleet.crash(HOST)
    assert fleet.processes(HOST) == set()
    assert fleet.processes(OTHER) == elsewhere
    assert await fleet.reported(HOST, CONFIG_PORT) is None
    with pytest.raises(ConnectionRefusedError):
        await connect(fleet, HOST)
    await fleet.boot(HOST)
    assert await boot_id(fleet, HOST) != before
    assert await fleet.reported(HOST, CONFIG_PORT) == "1.8.0"


async def test_an_unknown_fault_or_host_is_refused_and_the_fleet_goes_on(fleet: EmbeddedFleet) -> None:
    with pytest.raises(FleetFailed, match="no host"):
        await fleet.cut("nowhere")
    async with await connect(fleet, HOST) as link:
        assert (await link.run("true")).exit_status == 0
