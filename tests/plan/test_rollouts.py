"""How one instance moves, read as stories: budgets, failures, crashes, brakes."""

from __future__ import annotations

import pytest

from engine.model.change import MoveState, OnFailure, Status
from engine.model.event import ChangePaused, ChangeResumed, EnginePaused, EngineStarted, HostSeen, InstanceHeld
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Reach
from engine.model.service import Amount, RolloutPolicy
from engine.model.wait import Reason
from tests.builders import down, seen, service, up, world
from tests.plan.reading import reasons, standing


def test_max_parallel_counts_and_percentages() -> None:
    hosts = [f"h{n}" for n in range(8)]
    made = world(service("web", hosts=hosts, rollout=RolloutPolicy(max_parallel=Amount(25, percent=True))))
    made.deploy(web="2.0")
    assert len(made.settle()) == 2


def test_one_placement_at_a_time_on_a_host() -> None:
    made = world(service("a", hosts=["h1"]), service("b", hosts=["h1"]))
    made.deploy(a="2.0", b="2.0")
    (act,) = made.settle()
    assert reasons(made) == {Reason.HOST_BUSY}
    made.finish(act)
    assert [a.placement.service for a in made.settle()] == ["b"]


def test_unhealthy_placements_go_first_and_never_raise_the_number_down() -> None:
    made = world(service("web"))
    made.record(seen(PlacementId("web", "prod", "web-2"), "1.0", Health.FAILING))
    made.deploy(web="2.0")
    (act,) = made.settle()
    assert act.placement.host == "web-2"


def test_a_healthy_placement_is_not_touched_while_the_budget_is_spent() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    made.record(seen(act.placement, "2.0", Health.FAILING))
    assert made.settle() == []
    assert reasons(made) == {Reason.BLAST_RADIUS}


def test_a_bad_version_is_taken_back_everywhere_and_the_rest_is_held() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    change = made.deploy(checkout="2.0", ledger="2.0")
    (act,) = made.settle()
    made.finish(act)
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "GET /healthz answered 500")
    (back,) = made.settle()
    assert (back.placement.host, back.goal) == ("ledger-1", "1.0")
    made.finish(back)
    assert made.settle() == []
    changed = made.change(change)
    assert changed.status is Status.FAILED
    assert changed.item("ledger").status is Status.REVERTED
    assert changed.item("checkout").status is Status.WAITING
    assert "GET /healthz answered 500" in changed.item("ledger").failure
    assert reasons(made) == {Reason.FAILED_EARLIER}
    assert standing(made, "ledger") == "converged"
    assert made.state.instances[InstanceId("ledger", "prod")].target == "1.0"


def test_without_auto_revert_a_failure_stays_for_a_person() -> None:
    made = world(service("web", rollout=RolloutPolicy(auto_revert=False)))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    assert made.settle() == []
    assert made.change(change).status is Status.FAILED
    assert standing(made, "web") == "failed"


def test_revert_all_takes_back_what_is_done_in_reverse() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    change = made.deploy(on_failure=OnFailure.REVERT_ALL, checkout="2.0", ledger="2.0")
    for _ in range(2):
        (act,) = made.settle()
        made.finish(act)
    (act,) = made.settle()
    assert act.placement.service == "checkout"
    made.finish(act, MoveState.REVERTED, "bad")
    assert {(a.placement.service, a.goal) for a in made.run()} == {("ledger", "1.0")}
    assert made.change(change).status is Status.REVERTED


def test_what_was_taken_back_is_no_version_to_go_back_to() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    made.deploy(ledger="1.1")
    made.run()
    made.deploy(on_failure=OnFailure.REVERT_ALL, checkout="2.0", ledger="2.0")
    while (act := made.settle()[0]).placement.service == "ledger":
        made.finish(act)
    made.finish(act, MoveState.REVERTED, "bad")
    made.run()
    known = made.state.instances[InstanceId("ledger", "prod")]
    assert (known.target, [good.version for good in known.good]) == ("1.1", ["1.0", "1.1"])
    later = made.deploy(ledger="2.1")
    made.settle()
    assert made.change(later).item("ledger").origin == "1.1"


def test_a_failed_first_installation_is_withdrawn() -> None:
    made = world(service("web"), running=None)
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad")
    (back,) = made.settle()
    assert (back.placement.host, back.goal) == ("web-1", None)


def test_an_unconfirmed_move_is_tried_once_more_then_the_change_pauses() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    for _ in range(2):
        (act,) = made.settle()
        made.finish(act, MoveState.UNCONFIRMED)
    assert made.settle() == []
    assert made.change(change).status is Status.PAUSED
    (wait,) = made.plan().waits
    assert wait.reason is Reason.PAUSED
    assert "could not be reached to confirm" in wait.message
    made.record(ChangeResumed(change.id, "ana"))
    assert len(made.settle()) == 1


def test_a_move_left_by_a_crash_is_taken_up_under_the_same_name() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.executing.clear()
    (again,) = made.settle()
    assert (again.step, again.intent) == (act.step, None)
    made.executing.clear()
    down(made, act.placement.host)
    assert made.settle() == []
    assert Reason.HOST_UNREACHABLE in reasons(made)


def test_an_unreachable_host_is_waited_for_and_the_others_are_finished() -> None:
    made = world(service("web", hosts=["h1", "h2", "h3"], rollout=RolloutPolicy(max_parallel=Amount(2))))
    down(made, "h2")
    change = made.deploy(web="2.0")
    assert [act.placement.host for act in made.run()] == ["h1", "h3"]
    assert made.change(change).status is Status.RUNNING
    assert reasons(made) == {Reason.HOST_UNREACHABLE}
    up(made, "h2")
    assert [act.placement.host for act in made.run()] == ["h2"]
    assert made.change(change).status is Status.SUCCEEDED


def test_an_unfenced_host_is_not_touched() -> None:
    made = world(service("web", hosts=["h1"]))
    made.record(HostSeen("h1", Reach.UP, "boot", False, "it obeys another engine"))
    made.deploy(web="2.0")
    assert made.settle() == []
    (wait,) = made.plan().waits
    assert "unfenced" in wait.message


def test_pause_stops_at_the_safe_point_and_resume_goes_on() -> None:
    made = world(service("web"))
    change = made.deploy(web="2.0")
    (act,) = made.settle()
    made.record(ChangePaused(change.id, "ana"))
    made.finish(act)
    assert made.settle() == []
    assert reasons(made) == {Reason.PAUSED}
    assert standing(made, "web") == "paused"
    made.record(ChangeResumed(change.id, "ana"))
    assert len(made.run()) == 1
    assert made.change(change).status is Status.SUCCEEDED


@pytest.mark.parametrize("event", [EnginePaused("ana"), InstanceHeld(InstanceId("web", "prod"), "ana")])
def test_engine_pause_and_hold_stop_starts(event: object) -> None:
    made = world(service("web"))
    made.record(event)  # type: ignore[arg-type]
    made.deploy(web="2.0")
    assert made.settle() == []
    assert reasons(made) <= {Reason.PAUSED, Reason.HELD}
    assert reasons(made)


def test_a_draining_engine_starts_nothing() -> None:
    made = world(service("web"))
    made.draining = True
    made.deploy(web="2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.ENGINE_DRAINING}


def test_what_failed_from_a_mixed_state_goes_back_to_the_last_converged_version() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    change = made.deploy(web="3.0")  # takes over, with one placement at 2.0
    (act,) = made.settle()
    assert (act.placement.host, act.origin) == ("web-1", "2.0")
    made.finish(act, MoveState.REVERTED, "GET /healthz answered 500")
    (back,) = made.run()
    assert (back.placement.host, back.goal) == ("web-1", "1.0")
    assert made.change(change).item("web").status is Status.REVERTED
    assert standing(made, "web") == "converged"


def test_a_step_bears_a_name_that_no_step_before_a_restored_journal_bore() -> None:
    made = world(service("web", hosts=["h1"]))
    made.deploy(web="2.0")
    restored = world(service("web", hosts=["h1"]))
    restored.record(EngineStarted("store", 9, "engine"), HostSeen("h1", Reach.UP, "boot", True))
    restored.deploy(web="3.0")  # it has the number of the change that the old journal held
    (before,), (after,) = made.settle(), restored.settle()
    assert before.step != after.step
