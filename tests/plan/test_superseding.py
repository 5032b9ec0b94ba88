"""Reservation and superseding: what the queue promises, one story for each sentence."""

from __future__ import annotations

import pytest

from engine.model.change import Kind, MoveState, Status
from engine.model.event import ChangePaused, InstanceHeld, InstanceReleased
from engine.model.inventory import Limits
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.service import Amount, RolloutPolicy
from engine.model.wait import Reason
from tests.builders import World, down, seen, service, world
from tests.plan.reading import order_of, reasons

WEB = InstanceId("web", "prod")


def hold(made: World, name: str) -> None:
    made.record(InstanceHeld(InstanceId(name, "prod"), "bo"))


def release(made: World, name: str) -> None:
    made.record(InstanceReleased(InstanceId(name, "prod"), "bo"))


def moving(made: World) -> list[str]:
    return sorted(act.placement.service for act in made.settle())


# "Changes conflict if they touch one instance or services joined by a dependency."


def test_changes_of_joined_services_conflict_and_of_others_do_not() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"), service("mail"))
    for name in ("web", "ledger", "mail"):
        made.deploy(**{name: "2.0"})
    assert moving(made) == ["mail", "web"]


# "A change whose only waits are busy ones reserves its place: no later conflicting change starts first."


def test_a_change_that_waits_for_its_turn_is_not_overtaken_by_a_later_one() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"), service("pay", ("web", "")))
    made.deploy(ledger="2.0")
    (act,) = made.settle()
    made.deploy(web="2.0")  # waits for ledger's rollout
    made.deploy(pay="2.0")  # joined with web only: free, but web came first
    made.finish(act)
    acts = [act, *made.run()]
    assert order_of(acts) == ["ledger", "web", "pay"]


def test_a_change_behind_a_rollout_keeps_its_place_although_the_rollout_takes_placements_down() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    made.deploy(ledger="2.0")
    made.settle()
    made.deploy(web="2.0")
    assert reasons(made) <= {Reason.DEPENDENCY_BUSY, Reason.BLAST_RADIUS}


def test_a_change_that_waits_for_a_limit_reserves_its_place() -> None:
    made = world(service("a"), service("web", ("ledger", "")), service("ledger"), limits=Limits(rollouts=1))
    made.deploy(a="2.0")
    (act,) = made.settle()
    made.deploy(web="2.0")
    made.deploy(ledger="2.0")
    assert order_of([act, *made.finish(act).run()]) == ["a", "web", "ledger"]


# "One that waits for anything else reserves nothing and blocks nobody."


def test_a_change_that_waits_for_a_person_blocks_nobody() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    held = made.deploy(web="2.0")
    hold(made, "web")
    made.deploy(ledger="2.0")
    assert order_of(made.run()) == ["ledger"]
    release(made, "web")
    assert order_of(made.run()) == ["web"]
    assert made.change(held).status is Status.SUCCEEDED


# "A rollout paused at a safe point does not count as rolling."


def test_a_rollout_paused_at_a_safe_point_holds_no_neighbour() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    first = made.deploy(ledger="2.0")
    (act,) = made.settle()
    made.record(ChangePaused(first.id, "bo"))
    made.deploy(web="2.0")
    assert moving(made) == []
    made.finish(act)
    assert moving(made) == ["web"]


def test_a_rollout_left_only_with_hosts_that_do_not_answer_holds_no_neighbour() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    made.deploy(ledger="2.0")
    (act,) = made.settle()
    down(made, "ledger-2")
    made.finish(act).settle()
    made.deploy(web="2.0")
    assert moving(made) == ["web"]


# "A newer change takes an item over only when it could itself start; until then the older goes on."


def test_an_unstarted_older_change_goes_on_while_the_newer_is_held() -> None:
    made = world(service("web", ("ledger", ">=2", ">=3")), service("ledger"), service("a"), limits=Limits(rollouts=1))
    made.deploy(a="2.0")
    (act,) = made.settle()
    old = made.deploy(web="2.0")
    new = made.deploy(web="3.0")  # needs a ledger that nobody queued
    made.finish(act).run()
    assert made.change(old).status is Status.SUCCEEDED
    assert made.change(new).status is Status.WAITING


def test_the_newest_that_can_start_takes_over_whatever_holds_the_one_after_it_and_the_one_before() -> None:
    made = world(service("web", ("ledger", ">=2", "!=1.0,!=2.0")), service("ledger"))
    oldest = made.deploy(web="3.0")
    middle = made.deploy(web="2.0")
    newest = made.deploy(web="4.0")
    assert [act.goal for act in made.run()] == ["2.0", "2.0"]
    assert [made.change(each).status for each in (oldest, middle, newest)] == [
        Status.SUPERSEDED,
        Status.SUCCEEDED,
        Status.WAITING,
    ]


def test_a_newer_change_that_waits_only_for_its_turn_takes_over_at_once() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    made.deploy(ledger="2.0")
    (act,) = made.settle()
    old = made.deploy(web="2.0")
    made.deploy(web="3.0")
    made.settle()
    assert made.change(old).status is Status.SUPERSEDED
    made.finish(act)


# "A running one stops at its safe point and the newer continues from the mixed state."


def test_the_newer_continues_from_the_mixed_state_and_reverts_to_the_last_converged_version() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    (act,) = made.settle()
    new = made.deploy(web="3.0")
    made.finish(act)
    (third,) = made.settle()
    made.finish(third, MoveState.REVERTED, "bad")
    acts = made.run()
    assert {act.goal for act in acts} == {"1.0"}
    assert made.change(new).item("web").status is Status.REVERTED
    assert made.state.instances[WEB].target == "1.0"


def test_a_move_in_flight_is_finished_before_the_newer_change_goes_on() -> None:
    made = world(service("web", rollout=RolloutPolicy(max_parallel=Amount(2))))
    old = made.deploy(web="2.0")
    first, second = made.settle()
    made.deploy(web="3.0")
    made.finish(first)
    assert made.settle() == []
    assert made.change(old).item("web").status is Status.RUNNING
    made.finish(second)
    assert {act.goal for act in made.run()} == {"3.0"}


# "The other items of the older change go on if the end state still satisfies every need, else they wait."


@pytest.mark.parametrize(("need", "status"), [("", Status.SUCCEEDED), ("==2.0", Status.WAITING)])
def test_the_other_items_of_the_older_change_go_on_if_the_end_state_lets_them(need: str, status: Status) -> None:
    made = world(service("web", ("ledger", need, ">=2")), service("ledger"), service("a"), limits=Limits(rollouts=1))
    made.deploy(a="2.0")
    (act,) = made.settle()
    old = made.deploy(web="2.0", ledger="2.0")
    new = made.deploy(ledger="3.0")
    made.finish(act).run()
    assert made.change(new).status is Status.SUCCEEDED
    assert made.change(old).item("ledger").status is Status.SUPERSEDED
    assert made.change(old).item("web").status is status
    if status is Status.WAITING:
        (wait,) = made.plan().waits
        assert (wait.reason, wait.change) == (Reason.DEPENDENCY_VERSION, old.id)


# "Services joined by a dependency never roll at the same time."


def test_a_rollback_waits_for_a_neighbours_rollout_and_for_no_ones_place() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"), service("pay", ("web", "")))
    made.deploy(web="2.0")
    made.run()
    made.deploy(ledger="2.0")
    (act,) = made.settle()
    made.deploy(pay="2.0")
    made.deploy(kind=Kind.ROLLBACK, web="1.0")
    assert Reason.DEPENDENCY_BUSY in reasons(made)
    made.finish(act)
    assert "web" in order_of(made.run())


# "A service that is itself unhealthy is never held by DependencyUnhealthy."


def test_a_provider_that_is_ill_while_it_rolls_is_waited_for_as_busy() -> None:
    made = world(service("web", ("ledger", "")), service("ledger"))
    made.deploy(ledger="2.0")
    (act,) = made.settle()
    made.record(seen(replace_host(act.placement, "ledger-2"), "1.0", Health.FAILING))
    made.deploy(web="2.0")
    assert Reason.DEPENDENCY_BUSY in {wait.reason for wait in made.plan().waits if wait.change == "2"}


def replace_host(placement: object, host: str) -> object:
    return placement._replace(host=host)  # type: ignore[attr-defined]


def test_a_superseded_change_is_over_and_says_so() -> None:
    made = world(service("web"), service("a"), limits=Limits(rollouts=1))
    made.deploy(a="2.0")
    (act,) = made.settle()
    old = made.deploy(web="2.0")
    made.deploy(web="2.0")
    made.settle()
    assert made.change(old).status is Status.SUPERSEDED
    assert made.change(old).finished is not None
    made.finish(act)
