"""Who goes first, read as stories: versions decide, then providers before consumers."""

from __future__ import annotations

from engine.model.change import Status
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.wait import Reason
from tests.builders import service, world
from tests.plan.reading import order_of, reasons, standing


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
