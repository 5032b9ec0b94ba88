"""Looks at hosts that say what no host says."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.model.event import PlacementSeen
from engine.model.names import InstanceId
from engine.model.observation import Health, HostReport, Sighting, Unit
from engine.model.remote import Command, Reply
from engine.runtime.draft import Draft
from engine.runtime.intake import take_in
from engine.runtime.observer import Look, Observer
from engine.runtime.ports import SystemChance, SystemClock
from engine.runtime.watchers import Watchers
from engine.runtime.work import Work
from tests.builders import service, world


def test_a_complaint_that_differs_in_its_measures_alone_is_nothing_new() -> None:
    made = world(service("web"))
    placement = made.inventory.placements(InstanceId("web", "prod"))[0]
    draft = Draft(made.state, 0, datetime.now(UTC), 0.0)
    work = Work(Broken(), SystemClock(), Watchers(), print, lambda: made.snapshot)  # type: ignore[arg-type]

    def look(detail: str) -> int:
        seen = Sighting(placement, "1.0", "1.0", None, Unit.RUNNING, Health.FAILING, detail)
        take_in(draft, Look(placement.host, 0.0, HostReport(placement.host, "boot", 0.0, None, (seen,)), True), work)
        return len([each for each in draft.events if isinstance(each.event, PlacementSeen)])

    assert look("timed out after 2001 milliseconds") == 1
    assert look("timed out after 2037 milliseconds") == 1
    assert look("the requested URL returned error: 503") == 2
    assert look("the requested URL returned error: 404") == 3


class Broken:
    """A transport that fails as only a bug fails."""

    async def run(self, host: str, command: Command) -> Reply:
        raise ValueError(f"{host} at {datetime.now(UTC)}")


async def test_a_look_that_fails_inside_the_engine_makes_its_host_unreachable_and_is_taken_again() -> None:
    made = world(service("web"))
    seen: list[Look] = []
    observer = Observer(Broken(), SystemClock(), SystemChance(), lambda: made.snapshot, seen.append)  # type: ignore[arg-type]
    host = made.inventory.placements(InstanceId("web", "prod"))[0].host
    await observer.look_at([host, host])
    assert [(look.host, look.report) for look in seen] == [(host, None)] * 2
    assert "an error inside the engine" in seen[0].reason
