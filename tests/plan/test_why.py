"""Why: the waits that really hold something, in the order in which they clear, and what moves most."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import UsageError
from engine.model.event import ChangePaused, ChangeResumed, EnginePaused, EngineResumed, InstanceHeld, InstanceReleased
from engine.model.inventory import Limits
from engine.model.names import InstanceId
from engine.model.service import RolloutPolicy
from engine.model.wait import Reason
from engine.plan.durations import STEP_S
from engine.plan.forecast import forecast, news
from engine.plan.why import Why, why
from tests.builders import T0, World, down, service, up, without, world

TEN = RolloutPolicy(min_healthy_time_s=10)


def ask(made: World, subject: str = "") -> Why:
    return why(made.snapshot, made.plan(), subject)


def reasons(found: Why) -> list[Reason]:
    return [wait.reason for wait in found.waits]


def test_nothing_holds_what_moves_or_is_done() -> None:
    made = world(service("a"))
    change = made.deploy(a="2.0")
    assert "nothing holds it" in ask(made, change.id).answer
    assert ask(made).answer == "nothing is held: all is done or moving"
    made.run()
    assert ask(made, change.id) == Why(change.id, f"change {change.id} is succeeded")
    with pytest.raises(UsageError):
        ask(made, "99")


def test_who_took_hands_off_is_named_although_no_change_waits() -> None:
    made = world(service("a"))
    made.record(InstanceHeld(InstanceId("a", "prod"), "bo"))
    assert ask(made, "a@prod") == Why(
        "a@prod", "a@prod is converged; bo holds it: hands off, heals too", action="interlock resume a@prod"
    )
    made.record(EnginePaused("eve"))
    assert ask(made) == Why("", "eve paused the engine: nothing starts, and nothing heals", action="interlock resume")


def test_a_lockstep_is_one_cause_for_all_its_members() -> None:
    made = world(service("a", team="left"), service("b", ("a", "<2", "<2"), ("a", ">=2", ">=2"), team="right"))
    change = made.deploy(a="2.0", b="2.0")
    found = ask(made, change.id)
    assert reasons(found) == [Reason.LOCKSTEP]
    assert "b 1.0 needs a <2 (when b <2) and would run beside a 2.0" in found.waits[0].message


def test_five_causes_are_named_exactly_and_each_that_clears_is_gone() -> None:
    """A pause of the engine, of the change, a hold, another change's turn, a missing artifact."""
    made = world(service("a", rollout=TEN), service("b", ("a", ">=1"), rollout=TEN))
    made.deploy(a="2.0")
    made.settle()
    change = made.deploy(b="2.0")
    catalog = made.catalog
    without(made, "b", "2.0")
    made.record(EnginePaused("eve"), ChangePaused(change.id, "ana"), InstanceHeld(InstanceId("b", "prod"), "bo"))
    made.record(*news(made.state, forecast(made.snapshot)))
    wanted = {Reason.PAUSED, Reason.HELD, Reason.ARTIFACT_MISSING, Reason.DEPENDENCY_BUSY}
    found = ask(made, change.id)
    assert set(reasons(found)) == wanted
    assert {(branch.wait.owner, branch.wait.message.split()[0]) for branch in found.chain if branch.depth == 0} >= {
        ("eve", "eve"),
        ("ana", "ana"),
        ("bo", "bo"),
    }

    made.record(EngineResumed("eve"))
    assert "eve paused the engine" not in " ".join(wait.message for wait in ask(made, change.id).waits)
    made.record(ChangeResumed(change.id, "ana"))
    assert Reason.PAUSED not in reasons(ask(made, change.id))
    made.record(InstanceReleased(InstanceId("b", "prod"), "bo"))
    assert Reason.HELD not in reasons(ask(made, change.id))
    made.catalog = catalog
    assert reasons(ask(made, change.id)) == [Reason.DEPENDENCY_BUSY]
    for act in list(made.settle()):
        made.finish(act)
    made.executing.clear()
    made.run()
    assert "succeeded" in ask(made, change.id).answer


def test_a_wait_for_a_change_clears_when_that_is_expected_to_end_and_dated_ones_come_first() -> None:
    made = world(*(service(name, rollout=TEN) for name in "ab"), service("c", ("a", ">=1"), ("b", ">=1"), rollout=TEN))
    made.deploy(b="2.0")
    made.deploy(a="2.0")
    made.settle()
    change = made.deploy(c="2.0")
    made.record(InstanceHeld(InstanceId("c", "prod"), "bo"))
    told = forecast(made.snapshot)
    made.record(*news(made.state, told))
    found = ask(made, change.id)
    assert reasons(found) == [Reason.DEPENDENCY_BUSY, Reason.DEPENDENCY_BUSY, Reason.HELD]
    end = T0 + timedelta(seconds=2 * (10 + STEP_S))  # two placements, one after the other
    assert [wait.until for wait in found.waits] == [end, end, None]
    assert found.action == "interlock resume c@prod"


def test_the_chain_is_followed_to_what_holds_the_blocker() -> None:
    made = world(service("a"), service("b", ("a", ">=1")), service("c", ("b", ">=1")))
    first = made.deploy(a="2.0")
    made.settle()
    made.record(ChangePaused(first.id, "ana"))
    second = made.deploy(b="2.0")
    found = ask(made, second.id)
    assert found.action == f"interlock resume {first.id}" or reasons(found) == []


def test_the_action_is_the_one_behind_which_most_stands() -> None:
    made = world(
        service("a"), *(service(name, ("a", ">=1")) for name in "bcd"), service("z"), limits=Limits(rollouts=10)
    )
    blocker = made.deploy(a="2.0")
    made.settle()
    down(made, "a-2")
    for name in "bcd":
        made.deploy(**{name: "2.0"})
    alone = made.deploy(z="2.0")
    made.record(ChangePaused(alone.id, "ana"))
    found = ask(made)
    assert {branch.wait.change for branch in found.chain} >= {blocker.id, alone.id}
    assert found.action == "interlock probe a-2"
    up(made, "a-2")


def test_the_same_cause_is_told_once_for_all_services_of_a_change() -> None:
    made = world(*(service(name) for name in "abc"))
    change = made.deploy(a="2.0", b="2.0", c="2.0")
    made.record(ChangePaused(change.id, "ana"))
    assert reasons(ask(made, change.id)) == [Reason.PAUSED]


def test_a_changes_own_order_is_no_cause_while_something_else_holds_it() -> None:
    made = world(service("a"), service("b", ("a", ">=2", ">=2")))
    change = made.deploy(a="2.0", b="2.0")
    without(made, "a", "2.0")
    assert reasons(ask(made, change.id)) == [Reason.ARTIFACT_MISSING]


def test_an_instance_is_asked_about_by_its_placements_too() -> None:
    made = world(service("a"))
    made.deploy(a="2.0")
    made.settle()
    down(made, "a-2")
    assert Reason.HOST_UNREACHABLE in reasons(ask(made, "a"))
    assert ask(made, "a@prod") == replace(ask(made, "a"))
