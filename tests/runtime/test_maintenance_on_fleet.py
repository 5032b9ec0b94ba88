"""Host maintenance against real SSH servers and real processes: a host is emptied, stays empty when
it is power-cycled, and comes back; a service is restarted and removed.
"""

from __future__ import annotations

from pathlib import Path

from engine.fleet.embedded import EmbeddedFleet
from engine.model.change import Kind, Status
from engine.model.maintenance import Drain, Remove, Restart, Uncordon
from engine.model.names import InstanceId
from tests.runtime.running import Running


def placed(running: Running, service: str) -> list[str]:
    inventory = running.engine.snapshot.inventory
    return [placement.host for placement in inventory.placements(InstanceId(service, "prod"))]


def port_of(running: Running, service: str) -> int:
    return int(running.engine.snapshot.inventory.services[service].configuration.command.rpartition(":")[2])


def child(fleet: EmbeddedFleet, host: str, service: str) -> str:
    """The pid file of a service's process, "" if there is none."""
    path = fleet.home(host) / "interlock" / service / ".interlock/process/child"
    return path.read_text().split()[0] if path.exists() else ""


async def test_a_host_is_emptied_stays_empty_and_comes_back(running: Running, fleet: EmbeddedFleet) -> None:
    host = placed(running, "events")[0]
    mine = [name for name in ("config", "events", "flags") if host in placed(running, name)]
    drained = await running.done((await running.engine.submit(Drain("ana", host, "kernel"))).change)
    assert (drained.kind, drained.status) == (Kind.DRAIN, Status.SUCCEEDED)
    for service in mine:
        assert await fleet.reported(host, port_of(running, service)) is None
        assert not (fleet.home(host) / "interlock" / service / "current").exists()
    other = placed(running, "events")[1]
    assert await fleet.reported(other, port_of(running, "events")) == "5.4.0"
    await fleet.crash(host)
    await running.engine.probe([host])
    await fleet.boot(host)
    await running.until(lambda: running.engine.snapshot.state.hosts[host].fenced)
    assert await fleet.reported(host, port_of(running, "events")) is None
    back = await running.done((await running.engine.submit(Uncordon("ana", host))).change)
    assert (back.kind, back.status) == (Kind.RETURN, Status.SUCCEEDED)
    assert await fleet.reported(host, port_of(running, "events")) == "5.4.0"
    await running.until(lambda: all(running.state(f"{name}@prod") == "converged" for name in mine))


async def test_a_service_is_restarted_and_removed(running: Running, fleet: EmbeddedFleet) -> None:
    host = placed(running, "flags")[0]
    await running.done((await running.engine.submit(Restart("ana", "flags@prod"))).change)  # it was adopted
    before = child(fleet, host, "flags")
    change = await running.done((await running.engine.submit(Restart("ana", "flags@prod", "leaks"))).change)
    assert (change.kind, change.status) == (Kind.RESTART, Status.SUCCEEDED)
    after = child(fleet, host, "flags")
    assert before
    assert after
    assert before != after
    assert not Path(f"/proc/{before}").exists()
    assert await fleet.reported(host, port_of(running, "flags")) == "3.1.0"
    gone = await running.done((await running.engine.submit(Remove("ana", "flags@prod"))).change)
    assert gone.status is Status.SUCCEEDED
    for each in placed(running, "flags"):
        assert await fleet.reported(each, port_of(running, "flags")) is None
        assert (fleet.home(each) / "interlock/flags/releases/3.1.0").exists(), "releases stay"
    assert running.engine.snapshot.state.instances[InstanceId("flags", "prod")].target is None
