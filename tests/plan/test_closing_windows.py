"""What becomes of a rollout when a window closes over it, or a freeze begins, read as stories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import MoveState, Status
from engine.model.event import ChangePaused, ChangeResumed
from engine.model.names import InstanceId
from engine.model.request import Cancel
from engine.model.scope import Scope
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.model.window import Freeze, OnClose, WindowPolicy
from engine.plan.estate import Estate
from engine.plan.requests import judge
from engine.plan.why import why
from tests.builders import World, service
from tests.plan.reading import reasons, standing
from tests.plan.shutters import EIGHT_HOURS_S, LEDGER, at, only, under, window


def half_way(policy: WindowPolicy | Freeze) -> tuple[World, str, Execute]:
    """A rollout of which one of two placements is done, the other in flight, when the eight
    hours of its window are over."""
    made = under(policy)
    change = made.deploy(ledger="2.0")
    (first,) = made.settle()
    made.finish(first)
    (second,) = made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    return made, change.id, second


def test_a_window_that_closes_lets_the_batch_finish_then_pauses_until_it_opens() -> None:
    made = under(window(), services=(service("web", hosts=["a", "b", "c"]),))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    assert made.settle() == []
    item = made.change(change).item("web")
    assert (item.status, item.shut_by) == (Status.RUNNING, "policies.windows.office")
    assert only(made).until == at(9, day=1)
    assert standing(made, "web") == "rolling"  # its batch is still under way
    made.finish(act)
    assert made.settle() == []
    assert standing(made, "web") == "paused"


def test_a_rollout_paused_by_its_window_goes_on_with_the_next_and_is_not_late() -> None:
    made = under(window(), services=(service("web", hosts=["a", "b", "c"]),))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    made.settle()
    made.finish(act)
    assert made.settle() == []
    assert reasons(made) == {Reason.WINDOW_CLOSED}
    assert standing(made, "web") == "paused"
    assert why(made.snapshot, made.plan(), "web").answer.endswith("the window office is closed")
    made.elapsed_s += 16 * 3600
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_a_placement_that_fell_ill_during_the_pause_does_not_make_the_rollout_late() -> None:
    made = under(window(), services=(service("web", hosts=["a", "b", "c"]),))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    made.finish(act)
    made.settle()
    made.elapsed_s += 16 * 3600
    made.settle()
    assert made.change(change).item("web").status is Status.RUNNING


def test_finish_goes_on_through_the_closing() -> None:
    made, change, second = half_way(window(on_close=OnClose.FINISH))
    made.finish(second)
    made.run()
    assert made.state.changes[change].status is Status.SUCCEEDED


def test_the_strictest_of_several_closing_windows_decides() -> None:
    policies = (window("a", on_close=OnClose.FINISH), window("b"), window("c", on_close=OnClose.FINISH))
    made = under(*policies, services=(service("web", hosts=["a", "b", "c"]),))
    change = made.deploy(web="2.0")
    made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    made.settle()
    assert made.change(change).item("web").shut_by == "policies.windows.b"


REVERTING = [window(on_close=OnClose.REVERT), Freeze("peak", at(17), at(9, day=1), on_close=OnClose.REVERT)]


@pytest.mark.parametrize("policy", REVERTING)
def test_revert_takes_the_rollout_back_and_starts_it_again_in_the_next_window(policy: WindowPolicy | Freeze) -> None:
    made, change, second = half_way(policy)
    assert made.settle() == []  # the one in flight comes first: one at a time
    assert standing(made, "ledger") == "reverting"
    assert made.state.changes[change].status is Status.RUNNING
    made.finish(second)
    (back, *_) = acts = made.settle()
    assert back.goal == "1.0"
    for act in acts:
        made.finish(act)
    made.run()
    known = Estate(made.snapshot).known(InstanceId("ledger", "prod"))
    assert (known.target, Estate(made.snapshot).desired(known.id)) == ("1.0", "2.0")
    assert (made.state.changes[change].status, standing(made, "ledger")) == (Status.WAITING, "waiting")
    assert only(made).until == at(9, day=1)
    made.elapsed_s += 16 * 3600
    again = made.run()
    assert made.state.changes[change].status is Status.SUCCEEDED
    assert not {act.step for act in again} & {second.step, back.step}  # hosts run a name only once


def test_a_change_that_went_back_can_be_cancelled() -> None:
    made, change, second = half_way(window(on_close=OnClose.REVERT))
    made.settle()
    made.finish(second)
    made.run()
    events, _ = judge(made.snapshot, Cancel("ana", change))
    made.record(*events)
    made.settle()
    assert made.state.changes[change].status is Status.CANCELLED


def test_going_back_for_a_window_is_no_failure_of_the_rest_of_the_change() -> None:
    policy = window(on_close=OnClose.REVERT, applies_to=Scope(services=("ledger",)))
    made = under(policy, services=(LEDGER, service("web", hosts=["a"])))
    change = made.deploy(ledger="2.0", web="2.0")
    acts = made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    made.settle()
    for act in acts:
        made.finish(act)
    made.run()
    assert [item.status for item in made.change(change).items] == [Status.WAITING, Status.SUCCEEDED]
    made.elapsed_s += 16 * 3600
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_a_person_s_pause_outlasts_the_window_s() -> None:
    made = under(window(), services=(service("web", hosts=["a", "b", "c"]),))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    made.settle()
    made.finish(act)
    made.record(ChangePaused(change.id, "ana"))
    made.elapsed_s += 16 * 3600
    assert made.settle() == []
    made.record(ChangeResumed(change.id, "ana"))
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_a_failure_at_the_closing_goes_back_for_good() -> None:
    made, change, second = half_way(window())
    made.settle()
    made.finish(second, MoveState.REVERTED, "GET /healthz answered 500")
    made.run()
    assert made.state.changes[change].item("ledger").status is Status.REVERTED
    assert standing(made, "ledger") == "converged"


def test_a_rollout_paused_by_its_window_holds_no_neighbour_and_neighbours_go_on_one_by_one() -> None:
    both = (service("a", ("b", ""), hosts=["a1", "a2"]), service("b", hosts=["b1", "b2"]))
    made = under(window("a", 9, 17, applies_to=Scope(services=("b",))), services=both)
    made.inventory = replace(made.inventory, windows={**made.inventory.windows, "c": window("c", 9, 18)})
    first = made.deploy(b="2.0")
    (act,) = made.settle()
    made.elapsed_s += EIGHT_HOURS_S
    made.settle()
    made.finish(act)
    made.settle()
    second = made.deploy(a="2.0")
    (other,) = made.settle()
    assert other.placement.service == "a"
    made.elapsed_s += 3600
    made.settle()
    made.finish(other)
    assert made.settle() == []
    made.elapsed_s += 15 * 3600
    assert {act.placement.service for act in made.run()} == {"a", "b"}
    assert made.change(first).finished is not None
    assert made.change(second).status is Status.SUCCEEDED
