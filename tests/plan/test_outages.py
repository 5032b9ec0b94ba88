"""Locksteps carried out with an outage, as stories: who stops, who moves when, what becomes of
failures, and what never happens meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import MoveState, OnFailure, Status
from engine.model.event import MoveIntended
from engine.model.inventory import Limits
from engine.model.request import Abort, Deploy, Pause, Resume
from engine.model.service import Amount, RolloutPolicy
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.plan.forecast import forecast
from engine.plan.planner import plan
from engine.plan.requests import judge
from tests.builders import down, service, world
from tests.plan.outages import NEW, allowing, begun, finish_all, in_lockstep, moves, together
from tests.plan.test_properties import compatible, may_run


def test_consumers_stop_providers_move_consumers_start() -> None:
    made, change = begun()
    assert moves(made.run()) == [
        ("checkout", "1.0", None),
        ("checkout", "1.0", None),
        ("ledger", "1.0", "2.0"),
        ("ledger", "1.0", "2.0"),
        ("checkout", None, "2.0"),
        ("checkout", None, "2.0"),
    ]
    assert made.change(change).status is Status.SUCCEEDED
    assert {made.state.instances[i].target for i in made.state.instances} == {"2.0"}


def test_a_provider_that_fails_takes_everything_back_in_reverse() -> None:
    made, change = begun()
    finish_all(made, made.settle())
    (first,) = made.settle()
    made.finish(first)
    (second,) = made.settle()
    made.finish(second, MoveState.REVERTED, "the check fails")
    assert moves(made.run()) == [
        ("ledger", "2.0", "1.0"),
        ("checkout", None, "1.0"),
        ("checkout", None, "1.0"),
    ]
    assert may_run(made) == {"checkout": {"1.0"}, "ledger": {"1.0"}}
    now = made.change(change)
    assert now.status is Status.FAILED
    assert {item.status for item in now.items} == {Status.REVERTED}
    assert [bad.version for bad in made.state.instances[now.instance(now.item("ledger"))].bad] == ["2.0"]


def test_a_consumer_that_does_not_start_takes_everything_back_in_reverse() -> None:
    made, change = begun()
    for _ in range(3):
        finish_all(made, made.settle())
    bad, fine = made.settle()
    made.finish(bad, MoveState.REVERTED, "the check fails")
    made.finish(fine)
    assert moves(made.run()) == [
        ("checkout", "2.0", None),
        ("ledger", "2.0", "1.0"),
        ("ledger", "2.0", "1.0"),
        ("checkout", None, "1.0"),
        ("checkout", None, "1.0"),
    ]
    assert {item.status for item in made.change(change).items} == {Status.REVERTED}


def test_it_goes_back_even_where_the_rollout_policy_would_leave_it_failed() -> None:
    stubborn = RolloutPolicy(auto_revert=False)
    checkout = service("checkout", ("ledger", "<2", "<2"), ("ledger", ">=2", ">=2"), rollout=stubborn)
    made, change = begun(allowing(world(checkout, service("ledger", rollout=stubborn))))
    finish_all(made, made.settle())
    (first,) = made.settle()
    made.finish(first, MoveState.REVERTED, "the check fails")
    made.run()
    assert may_run(made) == {"checkout": {"1.0"}, "ledger": {"1.0"}}
    assert {item.status for item in made.change(change).items} == {Status.REVERTED}


def test_a_stop_that_cannot_be_done_starts_the_others_again() -> None:
    made, _ = begun()
    one, other = made.settle()
    made.finish(one)
    made.finish(other, MoveState.FAILED, "could not stop it")
    assert moves(made.run()) == [("checkout", None, "1.0")]
    assert may_run(made) == {"checkout": {"1.0"}, "ledger": {"1.0"}}


def test_a_stop_of_which_nobody_knows_is_asked_again_under_another_name() -> None:
    made, change = begun()
    one, other = made.settle()
    made.finish(one)
    made.finish(other, MoveState.UNCONFIRMED, "the step's job was killed")
    (again,) = made.settle()
    assert (again.placement, again.goal) == (other.placement, None)
    assert again.step != other.step
    made.finish(again)
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


@pytest.mark.parametrize("phase", range(4))
def test_an_abort_in_any_phase_puts_everything_back(phase: int) -> None:
    made, change = begun()
    for _ in range(phase):
        finish_all(made, made.settle())
    acts = made.settle()
    made.record(*judge(made.snapshot, Abort("ana", change.id))[0])
    finish_all(made, acts)
    made.run()
    assert may_run(made) == {"checkout": {"1.0"}, "ledger": {"1.0"}}
    assert made.change(change).status is Status.REVERTED


@pytest.mark.parametrize("phase", range(4))
def test_a_pause_in_any_phase_stops_at_the_safe_point_and_nothing_starts_beside_it(phase: int) -> None:
    made = in_lockstep(service("shop", ("ledger", ">=1")))
    made, change = begun(made)
    for _ in range(phase):
        finish_all(made, made.settle())
    acts = made.settle()
    made.record(*judge(made.snapshot, Pause("ana", change.id))[0])
    finish_all(made, acts)
    other, again = made.deploy(shop="1.1"), made.deploy(checkout="1.1")
    made.settle()
    if made.change(change).status is not Status.SUCCEEDED:
        assert made.settle() == [], "a paused outage is no place to rest for others"
        assert {w.reason for w in made.plan().waits if w.change == other.id} == {Reason.DEPENDENCY_BUSY}
        assert Reason.DEPENDENCY_BUSY in {w.reason for w in made.plan().waits if w.change == again.id}
        made.record(*judge(made.snapshot, Resume("ana", change.id))[0])
        made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_a_ring_of_three_stops_whole_and_starts_together() -> None:
    def needing(name: str, other: str) -> object:
        return service(name, (other, "<2", "<2"), (other, ">=2", ">=2"))

    made = allowing(world(needing("a", "b"), needing("b", "c"), needing("c", "a")))  # type: ignore[arg-type]
    change = together(made, a="2.0", b="2.0", c="2.0")
    acts = made.settle()
    assert {act.goal for act in acts} == {None}
    assert len(acts) == 6
    finish_all(made, acts)
    acts = made.settle()
    assert len(acts) == 6, "they need each other to be healthy: all at the same time"
    finish_all(made, acts)
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_of_a_chain_the_middle_starts_before_what_needs_it() -> None:
    made = allowing(
        world(
            service("web", ("shop", "<2", "<2"), ("shop", ">=2", ">=2")),
            service("shop", ("ledger", "<2", "<2"), ("ledger", ">=2", ">=2")),
            service("ledger"),
        )
    )
    together(made, web="2.0", shop="2.0", ledger="2.0")
    order = [(act.placement.service, act.goal) for act in made.run()]
    assert set(order[:4]) == {("web", None), ("shop", None)}
    assert order[4::2] == [("ledger", "2.0"), ("shop", "2.0"), ("web", "2.0")]


def test_a_host_lost_while_things_are_stopped_brings_them_back_after_the_progress_deadline() -> None:
    made, change = begun()
    one, other = made.settle()
    made.finish(one)
    down(made, other.placement.host)
    made.finish(other, MoveState.UNCONFIRMED, "no answer")
    assert made.settle() == []
    made.elapsed_s += 601
    assert moves(made.run()) == [("checkout", None, "1.0")]
    assert "nothing of the outage moved within 600 s" in made.change(change).item("checkout").failure


def test_budgets_are_lifted_for_its_services_and_hold_everybody_else() -> None:
    limits = Limits(unavailable=Amount(1))
    checkout = service("checkout", ("ledger", "<2", "<2"), ("ledger", ">=2", ">=2"))
    made, change = begun(allowing(world(checkout, service("ledger"), service("mail"), limits=limits)))
    acts = made.settle()
    assert moves(acts) == [("checkout", "1.0", None), ("checkout", "1.0", None)]
    mail = made.deploy(mail="2.0")
    finish_all(made, acts)
    made.settle()
    assert Reason.BLAST_RADIUS in {wait.reason for wait in made.plan().waits if wait.change == mail.id}
    made.executing.clear()
    assert made.change(change).status is Status.RUNNING


def test_a_crash_between_intent_and_outcome_goes_on_where_it_was() -> None:
    """The next engine has nothing but the state: it takes the stops up again under their names."""
    made, change = begun()
    acts = made.settle()
    made.executing.clear()
    again = [action for action in plan(made.snapshot).actions if isinstance(action, Execute)]
    assert {(act.step, act.goal) for act in again} == {(act.step, None) for act in acts}
    assert {act.intent for act in again} == {None}
    finish_all(made, acts)
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_every_name_of_a_step_is_new_whatever_stops_and_starts() -> None:
    made, _ = begun()
    names: list[str] = []
    for _ in range(3):
        acts = made.settle()
        names += [act.step for act in acts]
        finish_all(made, acts)
    bad, fine = made.settle()
    names += [bad.step, fine.step]
    made.finish(fine)
    made.finish(bad, MoveState.REVERTED, "no")
    names += [act.step for act in made.run()]
    assert len(names) == len(set(names))


def test_revert_all_takes_an_outage_back_as_an_outage() -> None:
    made = in_lockstep(service("mail", ("ledger", ">=2", ">=2")))
    events, _ = judge(
        made.snapshot, Deploy("ana", "prod", NEW | {"mail": "2.0"}, "", OnFailure.REVERT_ALL, allow_lockstep=True)
    )
    made.record(*events)
    change = made.state.changes["1"]
    while made.change(change).item("checkout").status is not Status.SUCCEEDED:
        acts = made.settle()
        assert acts
        finish_all(made, acts)
    (act, *_) = made.settle()
    assert act.placement.service == "mail"
    made.finish(act, MoveState.REVERTED, "the check fails")
    while acts := made.settle():
        assert compatible(made, may_run(made))
        finish_all(made, acts)
    assert may_run(made) == {"checkout": {"1.0"}, "ledger": {"1.0"}, "mail": {"1.0"}}
    assert made.change(change).status is Status.REVERTED


def test_the_forecast_plays_it_to_its_end() -> None:
    made, change = begun()
    found = {each.change: each for each in forecast(made.snapshot).changes}
    assert found[change.id].end is not None


def test_a_stop_is_done_with_the_configuration_of_what_runs() -> None:
    made = in_lockstep()
    moved = replace(made.inventory.services["checkout"].configuration, base="elsewhere")
    declared = replace(made.inventory.services["checkout"], configuration=moved)
    made.inventory = replace(made.inventory, services={**made.inventory.services, "checkout": declared})
    together(made, **NEW)
    acts = made.settle()
    assert {act.configuration.base for act in acts} == {"interlock"}
    assert all(isinstance(act.intent, MoveIntended) for act in acts)
