"""An outage on real hosts: a lockstep of two services that fails and comes back, and one that arrives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine import inventory as inventories
from engine.model.change import Change, Status
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.model.service import Need
from engine.model.window import Schedule, WindowPolicy
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import Running, running_engine, switches


def knotted(inventory: Inventory) -> Inventory:
    """flags 3.1 refuses config 1.9, and flags from 3.2 on refuses any config before that."""
    flags = replace(
        inventory.services["flags"], needs=(Need("config", "<1.9", "<3.2"), Need("config", ">=1.9", ">=3.2"))
    )
    windows = {"nights": WindowPolicy("nights", Schedule(), outage=True)}
    return replace(inventory, services={**inventory.services, "flags": flags}, windows=windows)


async def together(running: Running, **goals: str) -> Change:
    asked = Deploy("ana", "prod", goals, allow_lockstep=True)
    return await running.done((await running.engine.submit(asked)).change, timeout_s=120)


async def test_an_outage_that_fails_comes_back_in_reverse_and_one_that_does_not_arrives(tmp_path: Path) -> None:
    async with (
        quick_fleet(tmp_path / "fleet", healthy_deadline="8s") as fleet,
        running_engine(fleet.inventory, fleet.state) as running,
    ):
        inventory = knotted(inventories.load(fleet.inventory))
        hosts = {name: inventory.services[name].hosts["prod"] for name in ("config", "flags")}

        async def reported(service: str) -> set[str | None]:
            port = int(inventory.services[service].configuration.command.rpartition(":")[2])
            return {await fleet.reported(host, port) for host in hosts[service]}

        await running.until(lambda: running.state("flags@prod") == running.state("config@prod") == "converged")
        await running.engine.submit(Deploy("ana", "prod", {"events": "5.5.0"}))
        await running.until(lambda: running.state("events@prod") == "converged")
        await running.engine.reload(inventory)
        before = {name: await reported(name) for name in hosts}

        failed = await together(running, config="1.9.0", flags="3.3.0")
        assert failed.status is Status.FAILED
        assert {item.status for item in failed.items} == {Status.REVERTED}
        assert {name: await reported(name) for name in hosts} == before
        await running.until(lambda: running.state("flags@prod") == running.state("config@prod") == "converged")

        done = await together(running, config="1.9.0", flags="3.2.0")
        assert done.status is Status.SUCCEEDED
        assert {name: await reported(name) for name in hosts} == {"config": {"1.9.0"}, "flags": {"3.2.0"}}
        ends = [move.finished for move in done.item("config").moves.values() if move.finished]
        assert max(ends) <= min(move.started for move in done.item("flags").moves.values())
        for host in hosts["flags"]:
            steps = [name.rpartition("-")[2] for name in switches(fleet.home(host), "interlock", "flags")]
            assert steps[-2:] == ["o1", "o2"], "stopped under one name, started under the next"
        assert running.engine.snapshot.state.instances[InstanceId("flags", "prod")].target == "3.2.0"
