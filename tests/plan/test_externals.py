"""Externals hold what needs them while they are not known to be well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import Kind, Status
from engine.model.event import EngineStarted
from engine.model.external import External, ExternalNeed, ExternalSeen
from engine.model.observation import Health
from engine.model.wait import NEVER_OVERRIDDEN, Reason
from tests.builders import World, service, world
from tests.plan.reading import reasons


def paying(when: str = "") -> World:
    made = world(service("checkout"), service("mail"))
    checkout = replace(made.inventory.services["checkout"], externals=(ExternalNeed("stripe", when),))
    made.inventory = replace(
        made.inventory,
        services={**made.inventory.services, "checkout": checkout},
        externals={"stripe": External("stripe", http="http://x/ok", owner="payments")},
    )
    return made


@pytest.mark.parametrize("seen", [None, Health.FAILING, Health.UNKNOWN])
def test_what_needs_it_does_not_start_while_it_is_not_known_to_be_well(seen: Health | None) -> None:
    made = paying()
    if seen is not None:
        made.record(ExternalSeen("stripe", seen, "503"))
    change, other = made.deploy(checkout="2.0"), made.deploy(mail="2.0")
    made.run()
    assert made.change(other).status is Status.SUCCEEDED
    (wait,) = [wait for wait in made.plan().waits if wait.change == change.id]
    assert (wait.reason, wait.owner) == (Reason.DEPENDENCY_UNHEALTHY, "payments")
    assert ("cannot be asked" in wait.message) is (seen is not Health.FAILING)
    assert "ask payments about it" in wait.unblock
    assert wait.reason in NEVER_OVERRIDDEN
    made.record(ExternalSeen("stripe", Health.PASSING))
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_only_versions_that_need_it_wait_for_it() -> None:
    made = paying(when=">=2")
    free = made.deploy(checkout="1.1")
    made.run()
    assert made.change(free).status is Status.SUCCEEDED
    made.deploy(checkout="2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.DEPENDENCY_UNHEALTHY}


def test_rollbacks_and_what_is_ill_itself_wait_for_no_external() -> None:
    made = paying()
    back = made.deploy(kind=Kind.ROLLBACK, checkout="1.1")
    made.run()
    assert made.change(back).status is Status.SUCCEEDED
    made.see("checkout", "1.1", health=Health.FAILING)
    mending = made.deploy(checkout="1.2")
    assert [act.placement.service for act in made.settle()] != []
    assert made.change(mending).status is Status.RUNNING


def test_a_new_engine_has_to_ask_again() -> None:
    made = paying().record(ExternalSeen("stripe", Health.PASSING))
    made.record(EngineStarted("store", 2, "another"))
    assert made.state.externals == {}
