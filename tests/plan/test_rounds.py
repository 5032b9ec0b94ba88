"""Decisions of one plan never contradict each other, and nobody in the queue is forgotten.
(Found by the simulation.)"""

from __future__ import annotations

from engine.model.change import MoveState, OnFailure, Status
from engine.model.event import ChangePaused, EnginePaused, EngineResumed, ItemStatus
from engine.model.service import Amount, RolloutPolicy
from engine.model.snapshot import Decide
from tests.builders import service, world


def test_a_rollout_that_fails_while_a_newer_change_takes_it_over_is_decided_once() -> None:
    made = world(service("ledger"))
    older = made.deploy(ledger="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "the check fails")
    newer = made.deploy(ledger="3.0")
    about = [
        action.event.change
        for action in made.plan().actions
        if isinstance(action, Decide) and isinstance(action.event, ItemStatus)
    ]
    assert about.count(older.id) <= 1
    made.run()
    assert made.change(older).status in (Status.FAILED, Status.SUPERSEDED)
    assert made.change(newer).status is Status.SUCCEEDED


def test_an_older_change_behind_a_newer_one_that_cannot_start_yet_says_so() -> None:
    made = world(service("ledger"), service("cart", ("ledger", ">=1")))
    older = made.deploy(cart="1.1")
    made.record(ChangePaused(older.id, "ana"))
    made.deploy(ledger="2.0")
    newer = made.deploy(cart="2.0")
    made.settle()
    waiting = {wait.change for wait in made.plan().waits}
    unfinished = {change.id for change in made.state.unfinished()}
    moving = {change.id for change, _, _ in made.state.moves_in_flight()}
    assert unfinished == waiting | moving
    assert newer.id in waiting


def test_a_change_that_is_taken_back_at_once_passes_through_reverting() -> None:
    made = world(service("ledger"), service("cart", ("ledger", ">=1")))
    change = made.deploy(OnFailure.REVERT_ALL, cart="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.FAILED, "the disk is full")
    made.run()
    assert made.change(change).status is Status.REVERTED


def test_an_earlier_change_never_waits_for_a_later_one_that_waits_for_its_turn() -> None:
    """Providers go first where nothing forces an order, but not past the queue."""
    made = world(service("auth"), service("billing", ("auth", ">=1")))
    made.record(EnginePaused("ana"))
    earlier, later = made.deploy(billing="1.1"), made.deploy(auth="1.1")
    made.record(EngineResumed("ana"))
    moved = [act.placement.service for act in made.run()]
    assert moved == ["billing", "billing", "auth", "auth"]
    assert {made.change(change).status for change in (earlier, later)} == {Status.SUCCEEDED}


def test_a_placement_that_cannot_be_put_back_is_tried_three_times_even_while_others_move() -> None:
    made = world(service("ledger", hosts=("a", "b", "c"), rollout=RolloutPolicy(max_parallel=Amount(2))))
    change = made.deploy(ledger="2.0")
    first, slow = made.settle()
    made.finish(slow)
    (third,) = made.settle()
    made.finish(third)
    made.finish(first, MoveState.REVERTED, "the check fails")
    backs = {act.placement.host: act for act in made.settle()}
    assert set(backs) == {slow.placement.host, third.placement.host}
    stubborn, tries = third.placement.host, 0
    while stubborn in backs:
        tries += 1
        made.finish(backs[stubborn], MoveState.FAILED, "the disk is full")
        assert stubborn not in {act.placement.host for act in made.settle()}, "not tried again at once"
        made.elapsed_s += 21
        backs = {act.placement.host: act for act in made.settle()}
        assert tries < 10
    assert tries == 3
    assert made.change(change).status is Status.REVERTING
    assert len(made.state.moves_in_flight()) == 1


def test_three_changes_do_not_wait_for_each_other_in_a_circle() -> None:
    """auth must wait for cart, cart's turn is after billing, and billing's provider is auth."""
    made = world(
        service("auth"),
        service("billing", ("auth", ">=1")),
        service("cart", ("auth", "<2", "<2"), ("billing", ">=1")),
    )
    made.record(EnginePaused("ana"))
    changes = [made.deploy(auth="2.0"), made.deploy(billing="1.1"), made.deploy(cart="3.0")]
    made.record(EngineResumed("ana"))
    moved = [act.placement.service for act in made.run()]
    assert moved == ["billing", "billing", "cart", "cart", "auth", "auth"]
    assert {made.change(change).status for change in changes} == {Status.SUCCEEDED}
