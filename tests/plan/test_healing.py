"""Drift is healed: when, in which order, and what holds it instead. Named after what it promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import MoveState, Status
from engine.model.event import EnginePaused, InstanceHeld, PlacementSeen
from engine.model.inventory import Limits
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Sighting, Unit
from engine.model.request import Release
from engine.model.service import Amount, Heal, RolloutPolicy
from engine.model.snapshot import Execute
from engine.model.wait import Reason, Wait
from engine.plan.care.drift import differences
from engine.plan.estate import Estate
from engine.plan.requests import judge
from engine.plan.standing import state_of
from tests.builders import World, down, service, without, world

WEB = InstanceId("web", "prod")


def healed(made: World) -> list[Execute]:
    """The heals that begin now."""
    return [act for act in made.settle() if not act.change]


def waits(made: World) -> list[Wait]:
    return [wait for wait in made.plan().waits if not wait.change]


def reasons(made: World) -> list[Reason]:
    return [wait.reason for wait in waits(made)]


def standing(made: World, name: str = "web") -> str:
    return state_of(Estate(made.snapshot), made.plan(), InstanceId(name, "prod"))


def test_a_stopped_service_is_brought_back_to_what_was_deployed() -> None:
    made = world(service("web"))
    placement = made.drift("web", "web-1")
    assert standing(made) == "drifted"
    (act,) = healed(made)
    assert (act.placement, act.origin, act.goal) == (placement, "1.0", "1.0")
    assert standing(made) == "drifted"
    made.finish(act)
    assert (standing(made), healed(made), waits(made)) == ("converged", [], [])


def test_once_seen_is_not_enough() -> None:
    made = world(service("web"))
    made.drift("web", "web-1", sightings=1)
    assert healed(made) == []


def test_another_version_is_healed_and_not_adopted() -> None:
    made = world(service("web", ("db", ">=1")), service("db"))
    made.drift("db", "db-1", version="0.1")
    (act,) = healed(made)
    assert (act.origin, act.goal) == ("0.1", "1.0")
    assert made.state.instances[InstanceId("db", "prod")].target == "1.0"


def test_no_satisfied_need_is_broken_by_a_heal() -> None:
    """Both sides were changed by hand, to versions that accept each other and not the targets."""
    made = world(service("web", ("db", ">=1", "<3"), ("db", "<1", ">=3")), service("db"))
    for name, version in (("db", "0.1"), ("web", "3.0")):
        for at in (1, 2):
            made.drift(name, f"{name}-{at}", version=version)
        made.record(*judge(made.snapshot, Release("ana", f"{name}@prod"))[0])
    assert (healed(made), set(reasons(made))) == ([], {Reason.DEPENDENCY_VERSION})


@pytest.mark.parametrize(
    ("hold", "reason"),
    [(EnginePaused("ana"), Reason.PAUSED), (InstanceHeld(WEB, "ana"), Reason.HELD)],
    ids=["engine paused", "hands off"],
)
def test_people_hold_it(hold: object, reason: Reason) -> None:
    made = world(service("web"))
    made.drift("web", "web-1")
    made.record(hold)  # type: ignore[arg-type]
    assert (healed(made), reasons(made)) == ([], [reason])


def test_report_tells_and_leaves_alone() -> None:
    made = world(service("web"))
    web = replace(made.inventory.services["web"], heal=Heal.REPORT)
    made.inventory = replace(made.inventory, services={"web": web})
    made.drift("web", "web-1")
    assert healed(made) == []
    (wait,) = waits(made)
    assert wait.reason is Reason.HELD
    assert wait.unblock == "interlock deploy web=1.0 -e prod"
    assert "stopped" in wait.message


def test_three_tries_with_pauses_then_a_person() -> None:
    made = world(service("web"))
    for attempt, pause_s in ((1, 10.0), (2, 60.0), (3, None)):
        made.drift("web", "web-1")
        (act,) = healed(made)
        assert act.step.endswith(f"heal{attempt}-web-web-1")
        made.finish(act, MoveState.REVERTED, "503")
        made.drift("web", "web-1")
        assert healed(made) == []
        if pause_s:
            assert reasons(made) == [Reason.FAILED_EARLIER]
            made.elapsed_s += pause_s
    (wait,) = waits(made)
    assert wait.reason is Reason.HEAL_FAILED
    assert "503" in wait.message
    assert wait.unblock == "interlock release web@prod"
    made.record(*judge(made.snapshot, Release("ana", "web@prod"))[0])
    (act,) = healed(made)
    made.finish(act)
    assert standing(made) == "converged"


def test_what_drifts_again_at_once_is_not_healed_for_ever() -> None:
    made = world(service("web"))
    done = 0
    for _ in range(20):
        made.drift("web", "web-1")
        for act in healed(made):
            made.finish(act)
            done += 1
        made.elapsed_s += 60
    assert done == 3
    assert reasons(made) == [Reason.HEAL_FAILED]


def test_another_difference_is_another_matter() -> None:
    made = world(service("web"))
    for seen in ({}, {"version": "0.9"}, {"unit": Unit.ABSENT}, {}):
        made.drift("web", "web-1", **seen)  # type: ignore[arg-type]
        (act,) = healed(made)
        made.finish(act)


def test_what_drifts_again_after_a_long_time_is_new() -> None:
    made = world(service("web"))
    for _ in range(5):
        made.drift("web", "web-1")
        (act,) = healed(made)
        made.finish(act)
        made.elapsed_s += 3600


def test_much_at_once_waits_for_a_person() -> None:
    made = world(service("web", hosts=[f"w{at}" for at in range(1, 11)]))
    for at in (1, 2):
        made.drift("web", f"w{at}")
    assert len(healed(made)) == 1  # 20% of ten, one at a time
    made.drift("web", "w3")
    assert healed(made) == []
    assert set(reasons(made)) == {Reason.HELD}
    assert "3 of 10" in waits(made)[0].message
    assert waits(made)[0].unblock == "interlock release web@prod"
    made.record(*judge(made.snapshot, Release("ana", "web@prod"))[0])
    assert Reason.HELD not in reasons(made)


def test_a_rollout_of_the_instance_takes_precedence() -> None:
    made = world(service("web"))
    made.drift("web", "web-1")
    change = made.deploy(web="2.0")
    acts = made.run()
    assert {act.change for act in acts if act.goal == "2.0"} == {change.id}
    assert made.change(change).status is Status.SUCCEEDED
    assert waits(made) == []


def test_a_failed_rollout_is_no_drift() -> None:
    policy = RolloutPolicy(auto_revert=False)
    made = world(service("web", rollout=policy))
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "503")
    made.settle()
    made.drift("web", "web-2")
    assert (standing(made), healed(made)) == ("failed", [])


def test_a_rebuilt_host_comes_back_one_service_at_a_time_providers_first() -> None:
    """Everything of a host is gone; each service has a placement elsewhere too."""
    chain = (
        service("app", ("mid", ">=1"), hosts=["h1", "a2"]),
        service("mid", ("store", ">=1"), hosts=["h1", "m2"]),
        service("store", hosts=["h1", "s2"]),
    )
    made = world(*chain)
    for name in ("app", "mid", "store"):
        made.drift(name, "h1", unit=Unit.ABSENT)
    order = []
    for _ in range(3):
        (act,) = healed(made)
        assert Reason.HOST_BUSY in reasons(made) or len(order) == 2
        order.append(act.placement.service)
        made.finish(act)
    assert order == ["store", "mid", "app"]
    assert {standing(made, name) for name in ("app", "mid", "store")} == {"converged"}


def test_one_step_at_a_time_on_a_host_beside_rollouts() -> None:
    made = world(service("web", hosts=["h1", "h2"]), service("mail", hosts=["h1", "h3"]))
    made.deploy(mail="2.0")
    (roll,) = made.settle()
    assert roll.placement.host == "h1"
    made.drift("web", "h1")
    assert (healed(made), reasons(made)) == ([], [Reason.HOST_BUSY])
    made.drift("mail", "h3")  # a rollout is at work on it
    assert reasons(made) == [Reason.HOST_BUSY]


def test_what_is_available_goes_down_only_within_the_budgets() -> None:
    limits = Limits(unavailable=Amount(1))
    made = world(service("web"), service("mail"), limits=limits)
    made.see("mail", "1.0", health=Health.FAILING)
    made.drift("web", "web-1", version="0.9")
    assert (healed(made), reasons(made)) == ([], [Reason.BLAST_RADIUS])
    made.drift("web", "web-1")  # now it is down anyway: mending it always may
    assert len(healed(made)) == 1


def test_a_lost_release_whose_artifact_is_gone_waits() -> None:
    made = without(world(service("web")), "web", "1.0")
    made.drift("web", "web-1", unit=Unit.ABSENT)
    assert (healed(made), reasons(made)) == ([], [Reason.ARTIFACT_MISSING])
    made.drift("web", "web-1")  # stopped only: what the host has is enough
    (act,) = healed(made)
    assert act.artifact is None


def test_a_host_that_does_not_answer_says_so() -> None:
    made = world(service("web"))
    made.drift("web", "web-1")
    down(made, "web-1")
    assert (healed(made), reasons(made)) == ([], [Reason.HOST_UNREACHABLE])


def test_a_heal_left_by_a_crash_is_taken_up_under_its_name() -> None:
    made = world(service("web"))
    made.drift("web", "web-1")
    (act,) = healed(made)
    made.executing.clear()
    (again,) = [each for each in made.plan().actions if isinstance(each, Execute)]
    assert (again.step, again.intent, again.goal) == (act.step, None, "1.0")
    down(made, "web-1")
    assert reasons(made) == [Reason.HOST_UNREACHABLE]


def test_a_new_placement_is_no_drift() -> None:
    made = world(service("web"))
    web = replace(made.inventory.services["web"], hosts={"prod": ("web-1", "web-2", "db-1")})
    made.inventory = replace(made.inventory, services={"web": web})
    made.drift("web", "db-1", unit=Unit.ABSENT)
    assert made.state.healings[PlacementId("web", "prod", "db-1")].differs == ()
    assert healed(made) == []


@pytest.mark.parametrize(
    ("seen", "differs"),
    [
        ({}, ()),
        ({"edited": True}, ("unit changed",)),
        ({"sha256": "b" * 64}, ("content changed",)),
        ({"sha256": ""}, ("content changed",)),
        ({"configuration": "0123456789abcdef"}, ("configuration",)),
        ({"configuration": None}, ("configuration",)),
        ({"release": "0.9"}, ("version",)),
        ({"version": "0.9"}, ("version",)),
        ({"version": None, "unit": Unit.STOPPED}, ("stopped",)),
        ({"version": None, "unit": Unit.FAILED}, ("failed",)),
        ({"version": None, "unit": Unit.STARTING}, ()),
        ({"version": None, "release": None, "unit": Unit.ABSENT}, ("missing",)),
        ({"health": Health.FAILING}, ()),  # sick is not drifted
        ({"restarts": 7}, ()),
        ({"version": None, "unit": Unit.UNKNOWN, "sha256": ""}, ()),
    ],
)
def test_what_differs_has_a_name(seen: dict[str, object], differs: tuple[str, ...]) -> None:
    made = world(service("web"))
    placement = PlacementId("web", "prod", "web-1")
    known = made.state.deployed[placement]
    made.state = replace(made.state, deployed={**made.state.deployed, placement: replace(known, sha256="a" * 64)})
    whole = Sighting(placement, "1.0", "1.0", known.configuration, Unit.RUNNING, Health.PASSING, sha256="a" * 64)
    made.record(PlacementSeen(replace(whole, **seen)))  # type: ignore[arg-type]
    assert differences(made.state, placement) == differs
