"""When an outage may begin, and what is said of it beforehand."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from engine.errors import RequestRefused
from engine.model.change import Kind, Status
from engine.model.event import InstanceHeld
from engine.model.names import InstanceId
from engine.model.request import Cancel, Deploy, Rollback
from engine.model.wait import Reason
from engine.model.window import Entry, Hours, Schedule, WindowPolicy
from engine.plan.estate import Estate
from engine.plan.outage.facing import faced_by
from engine.plan.preview import preview
from engine.plan.requests import judge
from engine.plan.why import why
from tests.builders import T0, down, service, up
from tests.plan.outages import NEW, begun, finish_all, in_lockstep, together


def test_it_waits_for_a_window_with_outage_and_is_refused_where_there_is_none() -> None:
    night = Schedule((Entry(UTC, hours=(Hours(22 * 3600, 23 * 3600),)),))
    made, change = begun(in_lockstep(window=WindowPolicy("nights", night, outage=True)))
    assert made.settle() == []
    waits = [wait for wait in made.plan().waits if wait.reason is Reason.WINDOW_CLOSED]
    assert {wait.until for wait in waits} == {T0 + timedelta(hours=13)}
    made.elapsed_s = 13 * 3600
    assert {act.goal for act in made.settle()} == {None}
    assert made.change(change).status is Status.RUNNING

    bare = in_lockstep(window=WindowPolicy("always", Schedule()))
    with pytest.raises(RequestRefused, match="no window policy with outage: true covers checkout, ledger in prod"):
        together(bare, **NEW)


def test_the_way_back_is_an_outage_too_and_waits_for_no_window() -> None:
    night = Schedule((Entry(UTC, hours=(Hours(9 * 3600, 10 * 3600),)),))
    made, change = begun(in_lockstep(window=WindowPolicy("nights", night, outage=True)))
    made.run()
    assert made.change(change).status is Status.SUCCEEDED
    made.elapsed_s = 5 * 3600
    made.record(*judge(made.snapshot, Rollback("ana", change.id))[0])
    assert made.run() == []
    (answer,) = {wait.unblock for wait in made.plan().waits if wait.reason is Reason.LOCKSTEP}
    assert answer == "cancel change 2, and ask for the same rollback with --allow-lockstep"
    made.record(*judge(made.snapshot, Cancel("ana", "2"))[0])
    made.record(*judge(made.snapshot, Rollback("ana", change.id, allow_lockstep=True))[0])
    made.run()
    back = made.state.changes["3"]
    assert (back.status, back.kind) == (Status.SUCCEEDED, Kind.ROLLBACK)
    assert {made.state.instances[InstanceId(name, "prod")].target for name in NEW} == {"1.0"}


def test_a_window_that_closes_over_an_outage_does_not_leave_it_half_way() -> None:
    night = Schedule((Entry(UTC, hours=(Hours(9 * 3600, 10 * 3600),)),))
    made, change = begun(in_lockstep(window=WindowPolicy("nights", night, outage=True)))
    acts = made.settle()
    made.elapsed_s = 2 * 3600
    finish_all(made, acts)
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_without_the_flag_a_lockstep_is_not_attempted_and_the_flag_is_named() -> None:
    made = in_lockstep()
    change = made.deploy(**NEW)
    assert made.run() == []
    (answer,) = {wait.unblock for wait in made.plan().waits if wait.change == change.id}
    assert answer == "interlock deploy checkout=2.0 ledger=2.0 -e prod --allow-lockstep"
    assert why(made.snapshot, made.plan(), change.id).action == answer


def test_an_outage_is_no_advice_while_something_else_moves_too() -> None:
    made = in_lockstep(service("web"))
    made.deploy(**NEW)
    made.deploy(web="2.0")
    made.record(InstanceHeld(InstanceId("web", "prod"), "bo"))
    assert why(made.snapshot, made.plan(), "").action == "interlock resume web@prod"


def test_the_flag_does_not_bind_changes_together_that_were_asked_for_apart() -> None:
    made = in_lockstep()
    together(made, checkout="2.0")
    together(made, ledger="2.0")
    assert made.run() == []
    assert {wait.reason for wait in made.plan().waits} == {Reason.LOCKSTEP}


def test_what_holds_one_of_them_holds_all() -> None:
    made = in_lockstep()
    change = together(made, **NEW)
    made.record(InstanceHeld(change.instance(change.item("ledger")), "bo"))
    assert made.settle() == []
    held = {wait.subject: wait.message for wait in made.plan().waits}
    assert held["checkout@prod"] == "goes together with ledger: bo holds ledger@prod: hands off"


def test_it_does_not_begin_while_a_host_of_it_does_not_answer() -> None:
    made = in_lockstep()
    down(made, "checkout-2")
    change = together(made, **NEW)
    assert made.settle() == []
    assert Reason.HOST_UNREACHABLE in {wait.reason for wait in made.plan().waits if wait.change == change.id}
    up(made, "checkout-2")
    made.run()
    assert made.change(change).status is Status.SUCCEEDED


def test_the_preview_names_those_that_depend_on_it_first_and_who_stops() -> None:
    made = in_lockstep(service("web", ("checkout", ">=1")), service("mail", ("ledger", ">=1")))
    found = preview(made.snapshot, Deploy("ana", "prod", NEW))
    (facing,) = found.outages
    assert facing.dependents == ("mail", "web")
    assert facing.stops == ("checkout",)
    assert (facing.windows, facing.opens) == (("nights",), T0)
    change = together(made, **NEW)
    made.settle()
    assert faced_by(Estate(made.snapshot), made.change(change)) == (facing,)
