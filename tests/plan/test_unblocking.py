"""What a wait of a dependency says to do is what would really move it."""

from __future__ import annotations

from datetime import UTC

import pytest

from engine.model.change import Change, Status
from engine.model.decision import VersionMarkedBad
from engine.model.event import ChangeHeld, ItemStatus
from engine.model.names import InstanceId
from engine.model.request import Cancel, Deploy, Rollback
from engine.model.wait import Reason, Wait
from engine.model.window import Entry, Hours, Schedule, WindowPolicy
from engine.plan.requests import judge
from engine.plan.why import why
from tests.builders import World, service, without, world
from tests.plan.outages import NEW, begun, in_lockstep, together

NIGHTS = WindowPolicy("nights", Schedule((Entry(UTC, hours=(Hours(22 * 3600, 23 * 3600),)),)), outage=True)


def needing() -> tuple[World, Change, Change]:
    """checkout 2 needs ledger 2, which another change is to bring."""
    made = world(service("checkout", ("ledger", ">=2", ">=2")), service("ledger"))
    ledger = made.deploy(ledger="2.0")
    return made, ledger, made.deploy(checkout="2.0")


def version_wait(made: World, change: Change) -> Wait:
    (wait,) = (w for w in made.plan().waits if w.change == change.id and w.reason is Reason.DEPENDENCY_VERSION)
    return wait


def test_a_change_waited_for_that_moves_needs_nobody() -> None:
    made, _, checkout = needing()
    made.settle()
    assert (version_wait(made, checkout).unblock, version_wait(made, checkout).blocker) == ("", "1")


def test_a_held_change_is_what_to_release() -> None:
    made, ledger, checkout = needing()
    made.record(ChangeHeld(ledger.id, "bo"))
    wait = version_wait(made, checkout)
    assert wait.unblock == f"interlock release {ledger.id}"
    assert "; it is held itself: bo holds change 1" in wait.message


def test_a_change_that_can_never_go_is_passed_over_for_another_version() -> None:
    made, _, checkout = needing()
    made.record(VersionMarkedBad(InstanceId("ledger", "prod"), "2.0", "leaks", "bo"))
    wait = version_wait(made, checkout)
    assert wait.unblock == "interlock deploy ledger=5.2 -e prod"
    made.record(*judge(made.snapshot, Deploy("ana", "prod", {"ledger": "5.2"}))[0])
    made.run()
    assert made.change(checkout).status is Status.SUCCEEDED


def test_what_is_itself_impossible_is_said_through_the_chain() -> None:
    """web waits for checkout, checkout for a ledger that nobody has."""
    made = world(
        service("web", ("checkout", ">=2", ">=2")), service("checkout", ("ledger", ">=9", ">=2")), service("ledger")
    )
    checkout = made.deploy(checkout="2.0")
    web = made.deploy(web="2.0")
    assert version_wait(made, checkout).unblock.startswith("no known version of ledger fits checkout 2.0: ask team ")
    wait = version_wait(made, web)
    assert "it is held itself: checkout 2.0 needs ledger >=9" in wait.message
    assert wait.unblock == "interlock deploy checkout=5.2 -e prod" or "ledger" in wait.unblock


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.SUPERSEDED])
def test_a_change_that_is_gone_is_waited_for_no_more(status: Status) -> None:
    made, ledger, checkout = needing()
    if status is Status.CANCELLED:
        made.record(*judge(made.snapshot, Cancel("ana", ledger.id))[0])
    else:
        made.record(ItemStatus(ledger.id, "ledger", status))
    wait = version_wait(made, checkout)
    assert (wait.blocker, wait.unblock) == ("", "interlock deploy ledger=5.2 -e prod")


def test_a_newer_change_that_would_fit_is_named_though_an_older_one_leads() -> None:
    made = world(service("checkout", ("ledger", ">=2", ">=2")), service("ledger"))
    older, newer = made.deploy(ledger="1.2"), made.deploy(ledger="2.0")
    checkout = made.deploy(checkout="2.0")
    made.record(ChangeHeld(older.id, "bo"), ChangeHeld(newer.id, "eve"))
    wait = version_wait(made, checkout)
    assert (wait.blocker, wait.unblock) == (newer.id, f"interlock release {newer.id}")


def test_what_to_queue_gets_on_with_the_others_too() -> None:
    """ledger 5.2 would do for checkout, and billing refuses it: the advice is the newest that both take."""
    made = world(service("checkout", ("ledger", ">=2", ">=2")), service("billing", ("ledger", "<4")), service("ledger"))
    assert version_wait(made, made.deploy(checkout="2.0")).unblock == "interlock deploy ledger=3.2 -e prod"


def test_a_change_that_has_the_flag_is_never_told_to_add_it() -> None:
    """An older change leads for one of the lockstep while the window holds the newer."""
    made = in_lockstep(window=NIGHTS)
    older = made.deploy(ledger="2.0")
    made, change = begun(made)
    found = why(made.snapshot, made.plan(), change.id)
    assert {wait.reason for wait in found.waits} == {Reason.WINDOW_CLOSED}
    assert "--allow-lockstep" not in "".join(wait.unblock for wait in found.waits)
    made.elapsed_s = 13 * 3600
    made.run()
    assert (made.change(change).status, made.change(older).status) == (Status.SUCCEEDED, Status.SUPERSEDED)


def test_what_holds_one_of_a_lockstep_holds_the_other_while_an_older_change_leads() -> None:
    made = in_lockstep()
    made.deploy(ledger="2.0")
    made, change = begun(made)
    without(made, "checkout", "2.0")
    assert {w.reason for w in made.plan().waits if w.change == change.id} == {Reason.ARTIFACT_MISSING}


def test_one_of_a_lockstep_alone_is_told_the_way_back_of_both() -> None:
    made, change = begun()
    made.run()
    made.record(*judge(made.snapshot, Rollback("ana", "ledger@prod"))[0])
    assert made.run() == []
    (wait,) = (w for w in made.plan().waits if w.reason is Reason.DEPENDENT_INCOMPATIBLE)
    assert wait.unblock == f"interlock rollback {change.id} --allow-lockstep"
    made.record(*judge(made.snapshot, Rollback("ana", change.id, allow_lockstep=True))[0])
    made.run()
    assert {made.state.instances[InstanceId(name, "prod")].target for name in NEW} == {"1.0"}


def test_the_flag_alone_does_not_take_what_another_change_moves() -> None:
    made = in_lockstep()
    together(made, checkout="2.0")
    together(made, ledger="2.0")
    (said,) = {w.unblock for w in made.plan().waits if w.reason is Reason.LOCKSTEP}
    assert said == "interlock deploy checkout=2.0 ledger=2.0 -e prod --allow-lockstep"
