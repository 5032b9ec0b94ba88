"""Pause and resume beside other things that happen at the same time: failures, neighbours."""

from __future__ import annotations

from engine.model.change import MoveState, Status
from engine.model.event import ChangePaused, ChangeResumed, EnginePaused, EngineResumed
from engine.model.observation import Health
from engine.model.request import Pause, Resume
from engine.model.wait import Reason
from engine.plan.requests import judge
from tests.builders import down, seen, service, world
from tests.plan.reading import reasons


def test_a_paused_change_that_takes_one_item_back_can_be_resumed() -> None:
    made = world(service("api"), service("web"))
    change = made.deploy(api="2.0", web="2.0")
    acts = {act.placement.service: act for act in made.settle()}
    made.finish(acts["api"])
    (act,) = made.settle()
    made.record(ChangePaused(change.id, "ana"))
    made.finish(act, MoveState.REVERTED, "bad")
    made.finish(acts["web"])
    made.run()
    assert made.change(change).status is Status.REVERTING
    assert made.change(change).item("web").status is Status.PAUSED
    events, _ = judge(made.snapshot, Resume("ana", change.id))
    made.record(*events).run()
    assert made.change(change).status is Status.FAILED
    assert made.change(change).item("web").status is Status.SUCCEEDED


def test_a_change_that_takes_one_item_back_can_still_be_paused() -> None:
    made = world(service("api"), service("web"))
    change = made.deploy(api="2.0", web="2.0")
    acts = {act.placement.service: act for act in made.settle()}
    made.finish(acts["api"])
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    (back,) = made.settle()
    assert made.change(change).status is Status.REVERTING
    events, _ = judge(made.snapshot, Pause("ana", change.id))
    made.record(*events).finish(acts["web"]).finish(back)
    made.run()
    assert made.change(change).item("api").status is Status.REVERTED
    assert made.change(change).item("web").status is Status.PAUSED
    assert judge(made.snapshot, Pause("bo", change.id))[1] == f"change {change.id} is paused already, by ana"


def test_a_rollout_that_is_taken_back_counts_as_rolling_although_a_host_it_never_touched_is_down() -> None:
    made = world(service("api", ("db", ""), hosts=["h1", "h2", "h3"]), service("db"))
    change = made.deploy(api="2.0")
    (first,) = made.settle()
    made.finish(first)
    (second,) = made.settle()
    down(made, "h3")
    made.finish(second, MoveState.REVERTED, "bad")
    made.deploy(db="2.0")
    assert made.settle() == []
    assert made.change(change).status is Status.REVERTING
    assert reasons(made) >= {Reason.HOST_UNREACHABLE, Reason.DEPENDENCY_BUSY}


def test_a_rollout_that_is_resumed_stands_aside_while_a_neighbour_rolls() -> None:
    made = world(service("api", ("db", "")), service("db"))
    first = made.deploy(api="2.0")
    (act,) = made.settle()
    made.record(ChangePaused(first.id, "ana")).finish(act)
    made.elapsed_s += 1
    second = made.deploy(db="2.0")
    (act,) = made.settle()
    assert act.placement.service == "db"
    made.record(ChangeResumed(first.id, "ana"))
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert (wait.reason, wait.change, wait.blocker) == (Reason.DEPENDENCY_BUSY, first.id, second.id)
    made.finish(act)
    assert [act.placement.service for act in made.run()] == ["db", "api"]
    assert made.change(first).status is Status.SUCCEEDED


def test_an_engine_that_was_paused_for_long_blames_no_rollout_for_it() -> None:
    made = world(service("web"))
    made.see("web", "1.0", health=Health.FAILING)
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.record(EnginePaused("ana")).finish(act)
    made.elapsed_s += 3600
    made.settle()
    made.record(EngineResumed("ana"))
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_a_rollout_that_was_paused_for_long_is_not_late_for_it() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.record(ChangePaused(change.id, "ana")).finish(act)
    made.settle()
    made.elapsed_s += 3600
    made.record(seen(act.placement, "2.0", Health.FAILING, "it warms up"))
    made.record(ChangeResumed(change.id, "ana"))
    assert made.settle() == []
    assert made.change(change).item("web").status is Status.RUNNING
    made.record(seen(act.placement, "2.0"))
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_what_several_versions_ran_goes_back_to_none_that_a_dependent_refuses_by_now() -> None:
    made = world(service("api"), service("web", ("api", ">=2", ">=2")), running=None)
    made.see("api", "1.0", "2.0").see("web", "1.0")
    change = made.deploy(api="3.0")
    (act,) = made.settle()
    made.record(ChangePaused(change.id, "ana")).finish(act)
    made.deploy(web="2.0")
    assert {act.placement.service for act in made.run()} == {"web"}
    made.record(ChangeResumed(change.id, "ana"))
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    assert made.settle() == []
    assert reasons(made) == {Reason.DEPENDENT_INCOMPATIBLE}
