"""Ways of several changes, read as stories: a bridge taken, and what becomes of it on the way."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RequestRefused, UsageError
from engine.model.change import Change, MoveState, Status
from engine.model.event import ChangeAccepted, ChangeStatus, ItemStatus
from engine.model.request import Deploy
from engine.model.service import Service
from engine.model.wait import Reason
from engine.plan.preview import preview
from engine.plan.requests import judge
from tests.builders import World, catalog, service, world
from tests.plan.reading import order_of, reasons
from tests.plan.test_bridges import VERSIONS, knot, knotted
from tests.plan.test_properties import compatible, may_run, play


def take(made: World, **goals: str) -> list[Change]:
    """Accept the bridge; the changes it came to."""
    events, _ = judge(made.snapshot, Deploy("ana", "prod", goals, accept_bridge=True))
    made.record(*events)
    return [event.change for event in events if isinstance(event, ChangeAccepted)]


def statuses(made: World, changes: list[Change]) -> list[Status]:
    return [made.change(change).status for change in changes]


def test_the_preview_and_the_wait_offer_the_bridge() -> None:
    made = knot()
    found = preview(made.snapshot, Deploy("ana", "prod", {"checkout": "2.0", "ledger": "2.0"}))
    assert [(leg.service, leg.goal) for leg in found.bridge] == [
        ("checkout", "1.2"),
        ("ledger", "2.0"),
        ("checkout", "2.0"),
    ]
    made.deploy(checkout="2.0", ledger="2.0")
    assert {wait.unblock for wait in made.plan().waits} == {
        "interlock deploy checkout=2.0 ledger=2.0 -e prod --accept-bridge"
    }


def test_an_accepted_bridge_is_walked_step_by_step() -> None:
    made = knot()
    changes = take(made, checkout="2.0", ledger="2.0")
    assert [change.follows for change in changes] == ["", "1", "2"]
    assert order_of(made.run()) == ["checkout", "ledger", "checkout"]
    assert statuses(made, changes) == [Status.SUCCEEDED] * 3


def test_the_preview_of_an_accepted_bridge_shows_every_step() -> None:
    made = knot()
    wanted = Deploy("ana", "prod", {"checkout": "2.0", "ledger": "2.0"}, accept_bridge=True)
    found = preview(made.snapshot, wanted)
    assert [(step.rank, step.service, step.origin, step.goal) for step in found.steps] == [
        (1, "checkout", "1.0", "1.2"),
        (2, "ledger", "1.0", "2.0"),
        (3, "checkout", "1.2", "2.0"),
    ]
    assert found.waits == ()


def test_taking_the_bridge_carries_out_the_change_that_was_held() -> None:
    made = knot()
    held = made.deploy(checkout="2.0", ledger="2.0")
    assert made.settle() == []
    changes = take(made, checkout="2.0", ledger="2.0")
    made.run()
    assert made.change(held).status is Status.SUPERSEDED
    assert statuses(made, changes) == [Status.SUCCEEDED] * 3


def test_a_later_step_holds_nobody_until_its_turn() -> None:
    made = knot()
    made.deploy(ledger="1.1")
    (act,) = made.settle()
    take(made, checkout="2.0", ledger="2.0")
    made.settle()
    waits = [(wait.change, wait.reason) for wait in made.plan().waits if wait.change != "1"]
    assert set(waits) == {
        ("2", Reason.DEPENDENCY_BUSY),
        ("3", Reason.DEPENDENCY_VERSION),
        ("4", Reason.DEPENDENCY_VERSION),
    }
    assert order_of([act, *made.finish(act).run()]) == ["ledger", "checkout", "ledger", "checkout"]


def test_a_step_that_fails_holds_those_after_it() -> None:
    made = knot()
    first, second, third = take(made, checkout="2.0", ledger="2.0")
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad").run()
    assert statuses(made, [first, second, third]) == [Status.FAILED, Status.WAITING, Status.WAITING]
    waits = {wait.change: wait for wait in made.plan().waits if wait.change in (second.id, third.id)}
    assert waits[second.id].reason is Reason.FAILED_EARLIER
    assert waits[second.id].unblock == "interlock cancel 2"
    assert waits[third.id].blocker == second.id


def test_a_step_that_is_cancelled_holds_those_after_it() -> None:
    made = knot()
    first = take(made, checkout="2.0", ledger="2.0")[0]
    made.record(ItemStatus(first.id, "checkout", Status.CANCELLED), ChangeStatus(first.id, Status.CANCELLED))
    assert made.run() == []
    assert reasons(made) == {Reason.FAILED_EARLIER, Reason.DEPENDENCY_VERSION}


def test_what_has_nothing_to_do_with_the_lockstep_goes_its_own_way() -> None:
    made = world(*knot().inventory.services.values(), service("mail"))
    changes = take(made, checkout="2.0", ledger="2.0", mail="2.0")
    assert [change.follows for change in changes] == ["", "1", "2", ""]
    assert sorted(act.placement.service for act in made.settle()) == ["checkout", "mail"]


def test_without_a_lockstep_accept_bridge_is_an_ordinary_deploy() -> None:
    made = knot()
    (change,) = take(made, checkout="1.2", ledger="2.0")
    assert len(change.items) == 2


def test_a_lockstep_without_a_bridge_is_refused() -> None:
    made = world(service("checkout", ("ledger", "<2", "<2"), ("ledger", ">=2", ">=2")), service("ledger"))
    with pytest.raises(RequestRefused, match="checkout, ledger in lockstep: no known versions bridge it"):
        take(made, checkout="2.0", ledger="2.0")


def test_a_way_through_environments_takes_no_bridge() -> None:
    with pytest.raises(UsageError, match="do not go together"):
        judge(knot().snapshot, Deploy("ana", "prod", {"checkout": "2.0"}, accept_bridge=True, through="prod"))


@settings(max_examples=100, deadline=None)
@given(knotted(), st.data(), st.integers(0, 2**32))
def test_a_bridge_that_is_offered_can_be_walked_and_is_safe_all_the_way(
    services: list[Service], data: st.DataObject, seed: int
) -> None:
    made = world(*services)
    made.catalog = catalog(made.inventory, VERSIONS)
    if not compatible(made, {each.name: {"1.0"} for each in services}):
        return
    names = [each.name for each in services]
    goals = {name: data.draw(st.sampled_from(VERSIONS[1:])) for name in data.draw(st.sets(st.sampled_from(names)))}
    if not goals or not preview(made.snapshot, Deploy("ana", "prod", goals)).bridge:
        return
    changes = take(made, **goals)

    def check(now: World, flying: object) -> None:
        assert compatible(now, may_run(now)), "a version runs beside one that refuses it"

    play(made, random.Random(seed), check)
    over = [change for change in changes if change.follows or change.id == "1"]
    assert statuses(made, over) == [Status.SUCCEEDED] * len(over)
