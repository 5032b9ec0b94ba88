"""Drift on real hosts, behind real SSH servers: hands that stop, move and remove things, a machine
that comes back empty, and a service that moves to another base folder."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

from engine import inventory as inventories
from engine.fleet.embedded import EmbeddedFleet
from engine.model.change import Status
from engine.model.event import ChangeAccepted
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.plan.deployed import bases_on
from tests.runtime.running import Running

EVENTS = InstanceId("events", "prod")


def hosts_of(running: Running) -> list[str]:
    return [placement.host for placement in running.engine.snapshot.inventory.placements(EVENTS)]


def folder(running: Running, fleet: EmbeddedFleet, host: str) -> Path:
    return fleet.home(host) / running.engine.snapshot.inventory.services["events"].configuration.base / "events"


def of_events(running: Running, fleet: EmbeddedFleet, host: str) -> list[int]:
    """The processes that serve events on a host, by their port."""
    port = running.engine.snapshot.inventory.services["events"].configuration.command.rpartition(":")[2]
    found = []
    for pid in fleet.processes(host):
        try:
            if Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").endswith(f":{port}".encode()):
                found.append(pid)
        except OSError:
            continue
    return found


def stop_by_hand(running: Running, fleet: EmbeddedFleet, host: str) -> None:
    """The supervisor first, so that it starts nothing again."""
    (folder(running, fleet, host) / ".interlock" / "process" / "wanted").unlink(missing_ok=True)
    for pid in of_events(running, fleet, host):
        os.kill(pid, signal.SIGKILL)


async def healed(running: Running, host: str, heals: int) -> None:
    """Until so many heals were begun, and all is as it should be."""
    await running.until(lambda: running.engine.snapshot.state.heals >= heals)
    await running.until(lambda: running.state("events@prod") == "converged")
    await running.engine.probe([host])
    assert running.state("events@prod") == "converged"


async def edited_in_place(running: Running, current: Path, host: str, heals: int) -> None:
    """A file of what runs is edited: told by name, and replaced."""
    file = min(each for each in current.rglob("*") if each.is_file() and not each.name.startswith(".interlock"))
    good = file.read_bytes()
    file.write_bytes(good + b"# by hand\n")
    await running.engine.probe([host])
    differs = f"content changed: {file.relative_to(current)}"
    await running.until(lambda: any(differs in h.differs for h in running.engine.snapshot.state.healings.values()))
    await running.engine.probe([host])
    await healed(running, host, heals)
    assert file.read_bytes() == good
    assert os.readlink(current) == "releases/5.5.0"


async def test_what_hands_do_on_hosts_is_undone_and_rebuilt_machines_come_back(
    running: Running, fleet: EmbeddedFleet
) -> None:
    await running.until(lambda: running.state("events@prod") == "converged")
    change = await running.done(await running.deploy(events="5.5.0"))
    assert change.status is Status.SUCCEEDED
    await running.until(lambda: running.state("events@prod") == "converged")
    host = hosts_of(running)[0]
    before = running.engine.seq

    stop_by_hand(running, fleet, host)
    await running.engine.probe([host])
    await running.until(lambda: running.state("events@prod") == "drifted")
    await healed(running, host, 1)
    assert len(of_events(running, fleet, host)) == 1

    link = folder(running, fleet, host) / "current"
    other = next(each.name for each in (folder(running, fleet, host) / "releases").iterdir() if each.name != "5.5.0")
    link.unlink()
    link.symlink_to(f"releases/{other}")
    await running.engine.probe([host])
    await healed(running, host, 2)
    assert os.readlink(link) == "releases/5.5.0"

    await edited_in_place(running, link, host, 3)

    placed = len(running.engine.snapshot.inventory.placements_on(host))
    await fleet.crash(host)
    shutil.rmtree(folder(running, fleet, host).parent)
    await fleet.boot(host)
    await running.engine.probe([host])
    await healed(running, host, 3 + placed)
    assert os.readlink(link) == "releases/5.5.0"
    events = [each.event for each in await running.engine.store.read(after=before, limit=10_000)]
    assert not any(isinstance(event, ChangeAccepted) for event in events)
    assert set(map(running.state, ("config@prod", "flags@prod", "events@prod"))) == {"converged"}


async def test_a_service_moves_to_another_base_and_never_runs_twice(running: Running, fleet: EmbeddedFleet) -> None:
    await running.until(lambda: running.state("events@prod") == "converged")
    inventory = inventories.load(fleet.inventory)
    old = {host: folder(running, fleet, host) for host in hosts_of(running)}
    events = inventory.services["events"]
    events = replace(events, configuration=replace(events.configuration, base="elsewhere"))
    await running.engine.reload(replace(inventory, services={**inventory.services, "events": events}))
    assert {"elsewhere"} < bases_on(running.engine.snapshot, hosts_of(running)[0])
    for host in hosts_of(running):  # looked at where they are, not where they are to be
        await running.engine.probe([host])
    assert running.state("events@prod") == "pending"
    request = Deploy("ana", "prod", {}, only_differing=True, reconfigure=True)
    change = await running.done((await running.engine.submit(request)).change)
    assert change.status is Status.SUCCEEDED, change.item("events").failure
    for host in hosts_of(running):
        assert len(of_events(running, fleet, host)) == 1
        assert (folder(running, fleet, host) / "current").is_symlink()
        await running.until(lambda host=host: not (old[host] / "current").is_symlink())  # type: ignore[misc]
    await running.until(lambda: running.state("events@prod") == "converged")
    assert running.engine.snapshot.state.heals == 0
