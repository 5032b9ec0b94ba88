"""Where healing stops, and what it says of that."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import MoveState, Status
from engine.model.event import PlacementSeen
from engine.model.names import PlacementId
from engine.model.observation import Health, Sighting, Unit
from engine.model.service import Heal, RolloutPolicy
from engine.model.wait import Reason
from tests.builders import service, world


def test_after_a_failed_rollout_drift_waits_for_a_person_and_says_so() -> None:
    made = world(service("web", rollout=RolloutPolicy(auto_revert=False)))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    made.settle()
    assert made.change(change).status is Status.FAILED
    placement = PlacementId("web", "prod", "web-2")
    made.record(PlacementSeen(Sighting(placement, None, "1.0", None, Unit.STOPPED, Health.FAILING)))
    assert made.settle() == []
    (wait,) = [wait for wait in made.plan().waits if not wait.change and wait.subject == str(placement)]
    assert wait.reason is Reason.FAILED_EARLIER
    assert f"change {change.id} failed here, and healing is off until a person has decided" in wait.message
    assert f"interlock retry {change.id}" in wait.unblock


def test_deploying_the_same_version_again_writes_an_edited_unit_anew() -> None:
    made = world(replace(service("web"), heal=Heal.REPORT))
    made.deploy(web="2.0")
    made.run()
    known = made.state.sightings[PlacementId("web", "prod", "web-2")]
    made.record(PlacementSeen(replace(known, edited=True)))
    made.deploy(web="2.0")
    assert [act.placement.host for act in made.run()] == ["web-2"]
