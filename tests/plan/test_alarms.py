"""Alarms hold what they apply to, and tell of a rollout that went wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.alarm import AlarmPolicy, Verdict
from engine.model.change import Kind, Status
from engine.model.consent import Override
from engine.model.event import AlarmSeen, EngineStarted
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health
from engine.model.scope import Scope
from engine.model.wait import Reason
from tests.builders import World, seen, service, world
from tests.plan.reading import reasons

ERRORS = AlarmPolicy("errors", Scope(labels={"tier": "1"}), http="http://127.0.0.1/ok")


def guarded(verdict: Verdict | None = Verdict.CLEAR, hosts: int = 3) -> World:
    """``web`` has the label that the alarm is about, ``other`` has not."""
    made = world(service("web", hosts=[f"w{n}" for n in range(hosts)], labels={"tier": "1"}), service("other"))
    made.inventory = replace(made.inventory, alarms={"errors": ERRORS})
    return made if verdict is None else says(made, verdict)


def says(made: World, verdict: Verdict, detail: str = "5 errors a second") -> World:
    made.elapsed_s += 1
    return made.record(AlarmSeen("errors", verdict, detail))


@pytest.mark.parametrize(
    ("verdict", "reason", "words"),
    [
        (Verdict.FIRING, Reason.ALARM_FIRING, "the alarm errors fires: 5 errors a second"),
        (Verdict.UNKNOWN, Reason.ALARM_UNKNOWN, "the alarm errors cannot be read: 5 errors a second"),
        (None, Reason.ALARM_UNKNOWN, "it has not answered since the engine started"),
    ],
)
def test_nothing_starts_unless_the_alarm_is_clear(verdict: Verdict | None, reason: Reason, words: str) -> None:
    made = guarded(verdict)
    change = made.deploy(web="2.0")
    made.deploy(other="2.0")
    assert [act.placement.service for act in made.settle()] == ["other"]
    (wait,) = (wait for wait in made.plan().waits if wait.change == change.id)
    assert (wait.reason, wait.owner) == (reason, "policies.alarms.errors")
    assert words in wait.message
    says(made, Verdict.CLEAR)
    assert [act.placement.service for act in made.settle()] == ["web"]


def test_what_an_alarm_said_is_not_believed_by_the_next_engine() -> None:
    made = guarded()
    made.record(EngineStarted("store", 2, "next"))
    made.deploy(web="2.0")
    made.settle()
    assert Reason.ALARM_UNKNOWN in reasons(made)


def test_an_alarm_that_fires_during_the_rollout_fails_the_version_and_takes_it_back() -> None:
    made = guarded()
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    says(made, Verdict.FIRING)
    (back,) = made.settle()
    assert (back.placement.host, back.goal) == ("w0", "1.0")
    made.finish(back).settle()
    item = made.change(change).item("web")
    assert item.status is Status.REVERTED
    assert item.failure == "web 2.0: the alarm errors began to fire during the rollout: 5 errors a second"
    assert [bad.version for bad in made.state.instances[InstanceId("web", "prod")].bad] == ["2.0"]


def test_an_alarm_that_cannot_be_read_holds_the_rest_and_fails_nothing() -> None:
    made = guarded()
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    says(made, Verdict.UNKNOWN)
    assert made.settle() == []
    assert reasons(made) == {Reason.ALARM_UNKNOWN}
    assert made.change(change).status is Status.RUNNING
    says(made, Verdict.CLEAR)
    assert len(made.run()) == 2
    assert made.change(change).status is Status.SUCCEEDED


def test_an_alarm_that_fired_before_holds_but_does_not_blame_the_new_version() -> None:
    made = guarded(Verdict.FIRING)
    made.record(seen(PlacementId("web", "prod", "w2"), "1.0", Health.FAILING))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    assert act.placement.host == "w2", "what is itself ill is held by no alarm"
    made.finish(act)
    assert made.settle() == []
    assert reasons(made) == {Reason.ALARM_FIRING}
    assert made.change(change).item("web").failure == ""


def test_a_rollback_asks_no_alarm() -> None:
    made = guarded(Verdict.FIRING)
    made.deploy(kind=Kind.ROLLBACK, web="2.0")
    assert len(made.run()) == 3


def test_an_override_lifts_it_for_one_change() -> None:
    made = guarded(Verdict.FIRING)
    change = made.deploy(web="2.0")
    now = made.snapshot.now
    given = Override("alarm", "sam", "a false alarm", now, now + timedelta(hours=1))
    changed = replace(made.change(change), overrides=(given,))
    made.state = replace(made.state, changes={**made.state.changes, change.id: changed})
    says(made, Verdict.CLEAR)
    says(made, Verdict.FIRING)
    assert len(made.run()) == 3
    assert made.change(change).status is Status.SUCCEEDED
