"""Configuration is deployed like a version: against real SSH servers and real processes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine import inventory as inventories
from engine.fleet.embedded import EmbeddedFleet
from engine.model.change import Status
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.model.service import Configuration
from engine.plan.estate import Estate
from engine.plan.pending import pending
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import Running, running_engine

EVENTS = InstanceId("events", "prod")


async def reload(running: Running, fleet: EmbeddedFleet, configuration: Configuration) -> None:
    inventory = inventories.load(fleet.inventory)
    events = replace(inventory.services["events"], configuration=configuration)
    await running.engine.reload(replace(inventory, services={**inventory.services, "events": events}))


async def apply_config(running: Running) -> str:
    request = Deploy("ana", "prod", {}, only_differing=True, reconfigure=True)
    return (await running.engine.submit(request)).change


def greetings(running: Running, fleet: EmbeddedFleet) -> set[str]:
    """What GREETING is in the processes of events, over all its hosts ("" where it is not set)."""
    found: set[str] = set()
    inventory = running.engine.snapshot.inventory
    port = inventory.services["events"].configuration.command.rpartition(":")[2]
    for placement in inventory.placements(EVENTS):
        for pid in fleet.processes(placement.host):
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                if Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").endswith(f":{port}".encode()):
                    variables = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
                    found.add(next((v.partition("=")[2] for v in variables if v.startswith("GREETING=")), ""))
    return found


def shown(running: Running) -> tuple[str, str]:
    return running.state("events@prod"), pending(Estate(running.engine.snapshot), EVENTS)


async def test_a_configuration_is_rolled_out_and_one_that_fails_is_taken_back(tmp_path: Path) -> None:
    async with (
        quick_fleet(tmp_path / "fleet", healthy_deadline="8s") as fleet,
        running_engine(fleet.inventory, fleet.state) as running,
    ):
        await running.until(lambda: shown(running) == ("converged", ""))
        assert greetings(running, fleet) == {""}
        old = running.engine.snapshot.inventory.services["events"].configuration
        good = replace(old, variables={**old.variables, "GREETING": "hello"})
        before = running.engine.seq
        await reload(running, fleet, good)
        await running.until(lambda: shown(running) == ("pending", "configuration"))
        assert running.engine.seq == before
        assert greetings(running, fleet) == {""}

        change = await running.done(await apply_config(running))
        assert change.status is Status.SUCCEEDED
        assert len(change.item("events").moves) == len(running.engine.snapshot.inventory.placements(EVENTS))
        await running.until(lambda: shown(running) == ("converged", ""))
        assert greetings(running, fleet) == {"hello"}

        bad = replace(good, command=good.command.replace("--listen", "--lisen"))
        await reload(running, fleet, bad)
        change = await running.done(await apply_config(running), timeout_s=120)
        assert (change.status, change.item("events").status) == (Status.FAILED, Status.REVERTED)
        await running.until(lambda: shown(running) == ("pending", "configuration"))
        assert greetings(running, fleet) == {"hello"}
        known = running.engine.snapshot.state.instances[EVENTS]
        assert known.configuration == good
        assert known.bad == ()
