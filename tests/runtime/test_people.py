"""What people decide, against real SSH servers and real processes: waiting for a file, aborting
half-way, and versions that are bad because they failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import RequestRefused
from engine.fleet.embedded import EmbeddedFleet
from engine.model.change import Status
from engine.model.names import InstanceId
from engine.model.request import Abort, Deploy, Retry
from engine.model.wait import Reason
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import Running, running_engine


async def versions(running: Running, fleet: EmbeddedFleet, service: str) -> set[str | None]:
    inventory = running.engine.snapshot.inventory
    port = int(inventory.services[service].configuration.command.rpartition(":")[2])
    placements = inventory.placements(InstanceId(service, "prod"))
    return {await fleet.reported(placement.host, port) for placement in placements}


async def waits_for_its_file(running: Running, fleet: EmbeddedFleet) -> None:
    known = running.engine.snapshot.catalog.find("events", "5.5.0")
    assert known is not None
    file = Path(known.path)
    away = file.rename(file.with_name("away"))
    await running.engine.refresh_catalog()
    wanted = Deploy("ana", "prod", {"events": "5.5.0"})
    with pytest.raises(RequestRefused, match="--when-available"):
        await running.engine.submit(wanted)
    change = (await running.engine.submit(Deploy("ana", "prod", {"events": "5.5.0"}, when_available=True))).change
    await running.until(lambda: [wait.reason for wait in running.engine.plan.waits] == [Reason.ARTIFACT_MISSING])
    away.rename(file)
    await running.until(lambda: running.change(change).started, timeout_s=5)
    assert (await running.done(change)).status is Status.SUCCEEDED
    assert await versions(running, fleet, "events") == {"5.5.0"}


async def goes_back_when_aborted(running: Running, fleet: EmbeddedFleet) -> None:
    change = await running.deploy(config="1.9.0")
    await running.until(lambda: running.change(change).item("config").moves)
    await running.engine.submit(Abort("ana", change, "wrong day"))
    assert (await running.done(change)).status is Status.REVERTED
    assert await versions(running, fleet, "config") == {running.change(change).item("config").origin}
    await running.engine.submit(Retry("ana", change))
    assert (await running.done(change)).status is Status.SUCCEEDED
    assert await versions(running, fleet, "config") == {"1.9.0"}


async def is_bad_once_it_failed(running: Running, fleet: EmbeddedFleet) -> None:
    change = await running.done(await running.deploy(flags="3.3.0"), timeout_s=90)
    assert change.status is Status.FAILED
    (bad,) = running.engine.snapshot.state.instances[InstanceId("flags", "prod")].bad
    assert (bad.version, bad.by, bad.change) == ("3.3.0", "interlock", change.id)
    with pytest.raises(RequestRefused, match=r"flags 3\.3\.0 is bad in prod.*clear-bad"):
        await running.deploy(flags="3.3.0")
    with pytest.raises(RequestRefused, match="say why"):
        await running.engine.submit(Retry("ana", change.id))


async def test_what_people_decide_happens_on_hosts(tmp_path: Path) -> None:
    async with (
        quick_fleet(tmp_path / "fleet", healthy_deadline="8s") as fleet,
        running_engine(fleet.inventory, fleet.state) as running,
    ):
        await waits_for_its_file(running, fleet)
        await goes_back_when_aborted(running, fleet)
        await is_bad_once_it_failed(running, fleet)
