"""The planner, read as stories: what is asked, what moves in which order, why the rest waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import MoveState, OnFailure, Status
from engine.model.event import ChangePaused, ChangeResumed, EnginePaused, HostSeen, InstanceHeld
from engine.model.inventory import Amount, Limits, RolloutPolicy
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Reach
from engine.model.wait import Reason
from engine.plan.estate import Estate
from engine.plan.standing import state_of
from tests.builders import World, down, seen, service, up, without, world


def reasons(made: World) -> set[Reason]:
    return {wait.reason for wait in made.plan().waits}


def standing(made: World, name: str) -> str:
    return state_of(Estate(made.snapshot), made.plan(), InstanceId(name, "prod"))


def order_of(acts: list) -> list[str]:  # type: ignore[type-arg]
    names: list[str] = []
    for act in acts:
        if not names or names[-1] != act.placement.service:
            names.append(act.placement.service)
    return names


def test_first_contact_adopts_one_version_and_moves_nothing() -> None:
    made = world(service("ledger"))
    assert made.state.instances[InstanceId("ledger", "prod")].target == "1.0"
    assert made.plan().actions == ()
    assert standing(made, "ledger") == "converged"


def test_first_contact_leaves_several_versions_alone() -> None:
    made = world(service("ledger"), running=None)
    made.see("ledger", "1.0", "1.1")
    assert made.settle() == []
    assert standing(made, "ledger") == "unknown"


def test_provider_goes_first_placement_by_placement() -> None:
    made = world(service("checkout", ("ledger", ">=1")), service("ledger"))
    change = made.deploy(checkout="2.0", ledger="2.0")
    acts = made.run()
    assert [(a.placement.service, a.placement.host) for a in acts] == [
        ("ledger", "ledger-1"),
        ("ledger", "ledger-2"),
        ("checkout", "checkout-1"),
        ("checkout", "checkout-2"),
    ]
    assert made.change(change).status is Status.SUCCEEDED


def test_versions_force_the_consumer_first() -> None:
    made = world(service("checkout", ("ledger", "<2", "<2"), ("ledger", ">=1,<3", ">=2")), service("ledger"))
    made.deploy(checkout="2.0", ledger="2.0")
    assert order_of(made.run()) == ["checkout", "ledger"]


def test_two_changes_are_ordered_by_versions_not_by_the_queue() -> None:
    made = world(service("checkout", ("ledger", ">=2", ">=2")), service("ledger"))
    first = made.deploy(checkout="2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.DEPENDENCY_VERSION}
    made.deploy(ledger="2.0")
    assert order_of(made.run()) == ["ledger", "checkout"]
    assert made.change(first).status is Status.SUCCEEDED


def test_a_wait_says_what_to_queue() -> None:
    made = world(service("checkout", ("ledger", ">=2,<4", ">=2")), service("ledger"))
    made.deploy(checkout="2.0")
    (wait,) = made.plan().waits
    assert wait.unblock == "interlock deploy ledger=3.2 -e prod"
    assert "checkout 2.0 needs ledger >=2,<4" in wait.message


def test_downgrades_go_consumer_first() -> None:
    made = world(service("checkout", ("ledger", ">=1")), service("ledger"), running="3.0")
    made.deploy(checkout="2.0", ledger="2.0")
    assert order_of(made.run()) == ["checkout", "ledger"]


def test_a_lockstep_never_starts_by_itself() -> None:
    made = world(service("checkout", ("ledger", "<2", "<2"), ("ledger", ">=2", ">=2")), service("ledger"))
    made.deploy(checkout="2.0", ledger="2.0")
    assert made.settle() == []
    waits = made.plan().waits
    assert {wait.reason for wait in waits} == {Reason.LOCKSTEP}
    assert {wait.subject for wait in waits} == {"checkout@prod", "ledger@prod"}
    assert "checkout 1.0 needs ledger <2" in waits[0].message


def test_a_broken_dependency_may_be_mended_from_either_side() -> None:
    made = world(service("checkout", ("ledger", ">=2")), service("ledger"))
    made.deploy(ledger="2.0")
    assert order_of(made.run()) == ["ledger"]


def test_joined_services_never_roll_together_unrelated_ones_do() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"), service("mail"))
    made.deploy(ledger="2.0")
    made.deploy(checkout="2.0")
    made.deploy(mail="2.0")
    assert sorted(act.placement.service for act in made.settle()) == ["ledger", "mail"]
    assert Reason.DEPENDENCY_BUSY in reasons(made)


def test_dependents_start_only_after_the_provider_is_healthy() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    made.see("ledger", "1.0", health=Health.FAILING)
    made.deploy(checkout="2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.DEPENDENCY_UNHEALTHY}
    made.see("ledger", "1.0")
    assert order_of(made.run()) == ["checkout"]


def test_what_is_itself_unhealthy_may_always_be_mended() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    made.see("ledger", "1.0", health=Health.FAILING).see("checkout", "1.0", health=Health.FAILING)
    made.deploy(checkout="2.0")
    assert order_of(made.run()) == ["checkout"]


def test_first_installations_go_provider_first_and_cycles_by_name() -> None:
    made = world(service("a", ("b", "")), service("b", ("a", "")), service("c", ("a", "")), running=None)
    made.deploy(a="1.0", b="1.0", c="1.0")
    assert order_of(made.run())[0] == "a"
    assert made.plan().waits == ()


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


def test_limits_hold_and_keep_the_place_in_the_queue() -> None:
    made = world(service("a"), service("b"), service("c", ("b", "")), limits=Limits(rollouts=1))
    for name in ("a", "b", "c"):
        made.deploy(**{name: "2.0"})
    (act,) = made.settle()
    assert reasons(made) == {Reason.CONCURRENCY_LIMIT, Reason.DEPENDENCY_BUSY}
    assert order_of([act, *made.finish(act).run()]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "limits",
    [Limits(per_team=1), Limits(per_environment={"prod": 1}), Limits(per_label={"tier=0": 1})],
)
def test_each_limit(limits: Limits) -> None:
    made = world(service("a", labels={"tier": "0"}), service("b", labels={"tier": "0"}), limits=limits)
    made.deploy(a="2.0", b="2.0")
    assert [act.placement.service for act in made.settle()] == ["a"]
    assert reasons(made) == {Reason.CONCURRENCY_LIMIT}


def test_a_newer_change_supersedes_an_unstarted_one() -> None:
    made = world(service("web"), service("other"), limits=Limits(rollouts=1))
    made.deploy(other="2.0")
    (act,) = made.settle()
    old = made.deploy(web="2.0")
    new = made.deploy(web="3.0")
    made.finish(act).run()
    assert made.change(old).status is Status.SUPERSEDED
    assert made.change(new).status is Status.SUCCEEDED


def test_a_newer_change_takes_over_a_running_one_at_its_safe_point() -> None:
    made = world(service("web"))
    old = made.deploy(web="2.0")
    (act,) = made.settle()
    new = made.deploy(web="3.0")
    assert made.settle() == []
    made.finish(act)
    assert [act.goal for act in made.run()] == ["3.0", "3.0"]
    assert made.change(old).status is Status.SUPERSEDED
    assert made.change(new).status is Status.SUCCEEDED
    assert made.change(new).item("web").origin == "1.0"


def test_a_newer_change_that_cannot_start_leaves_the_older_alone() -> None:
    made = world(service("web", ("ledger", ">=2", ">=3")), service("ledger"))
    old = made.deploy(web="2.0")
    (act,) = made.settle()
    new = made.deploy(web="3.0")
    made.finish(act).run()
    assert made.change(old).status is Status.SUCCEEDED
    assert made.change(new).status is Status.WAITING
    assert Reason.DEPENDENCY_VERSION in reasons(made)


def test_the_progress_deadline_takes_back_a_rollout_that_turned_bad() -> None:
    made = world(service("web", rollout=RolloutPolicy(progress_deadline_s=60)))
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    made.record(seen(act.placement, "2.0", Health.FAILING))
    made.elapsed_s += 61
    (back,) = made.settle()
    assert (back.placement, back.goal) == (act.placement, "1.0")


def test_an_artifact_that_disappears_holds_the_change() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    without(made, "web", "2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.ARTIFACT_MISSING}


def test_the_same_version_again_is_soon_done_and_touches_nothing() -> None:
    made = world(service("web"))
    change = made.deploy(web="1.0")
    assert made.run() == []
    assert made.change(change).status is Status.SUCCEEDED


def test_a_changed_configuration_moves_the_same_version() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    made.run()
    web = made.inventory.services["web"]
    changed = replace(web, configuration=replace(web.configuration, command="bin/other"))
    made.inventory = replace(made.inventory, services={"web": changed})
    assert made.settle() == []
    made.deploy(web="2.0")
    assert [act.configuration.command for act in made.run()] == ["bin/other", "bin/other"]


def test_converge_twice_does_nothing_the_second_time() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    made.deploy(checkout="2.0", ledger="2.0")
    made.run()
    assert made.run() == []
    assert made.plan().waits == ()
