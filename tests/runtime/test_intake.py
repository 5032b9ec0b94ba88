"""What a look tells is taken in only if nothing has begun or ended at the placement since it began."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.model.event import HostSeen, PlacementSeen
from engine.model.names import InstanceId
from engine.model.observation import Health, HostReport, Sighting, Unit
from engine.runtime.draft import Draft
from engine.runtime.intake import take_in
from engine.runtime.observer import Look
from tests.builders import service, world
from tests.runtime.test_observer import idle


def test_a_look_from_before_a_step_says_nothing_of_its_placement() -> None:
    made = world(service("web"))
    placement = made.inventory.placements(InstanceId("web", "prod"))[0]
    work = idle(made)
    work.touched[placement] = 20.0
    draft = Draft(made.state, 0, datetime.now(UTC), 0.0)
    sighting = Sighting(placement, "0.9", "0.9", None, Unit.RUNNING, Health.PASSING)
    report = HostReport(placement.host, "another boot", 0.0, None, (sighting,))

    for began_s in (10.0, 20.0):
        take_in(draft, Look(placement.host, began_s, report, True), work)
    assert [type(each.event) for each in draft.events] == [HostSeen]  # of the host itself it does
    take_in(draft, Look(placement.host, 20.1, report, True), work)
    assert isinstance(draft.events[1].event, PlacementSeen)
