"""When windows and freezes shut, over a stretch of time: the spans that a timeline shades."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.model.scope import Scope
from engine.model.window import Freeze
from engine.plan.times.calendar import shutters
from engine.plan.times.windows import is_open
from tests.builders import service, world
from tests.plan.shutters import at, under, window


def test_a_window_is_closed_where_the_gate_says_so() -> None:
    policy = window()
    inventory = under(policy).snapshot.inventory
    begin, end = at(0), at(0, day=3)
    (found,) = shutters(inventory, begin, end)
    assert (found.key, found.is_freeze) == (policy.key, False)
    minutes = [begin + timedelta(minutes=n) for n in range(3 * 1440)]
    inside = [any(start <= minute < stop for start, stop in found.closed) for minute in minutes]
    assert inside == [not is_open(policy, minute) for minute in minutes]
    assert {inside.count(True) > 0, inside.count(False) > 0} == {True}


def test_a_freeze_is_cut_to_the_stretch_and_names_its_reason() -> None:
    freeze = Freeze("peak", at(6), at(6, day=9), reason="black friday")
    (found,) = shutters(under(freeze).snapshot.inventory, at(0), at(0, day=2))
    assert (found.closed, found.is_freeze, found.reason) == (((at(6), at(0, day=2)),), True, "black friday")


def test_what_does_not_shut_or_holds_nothing_is_left_out() -> None:
    made = world(service("a"), service("b"))
    past = Freeze("past", at(0, day=-9), at(0, day=-8))
    others = Freeze("others", at(0), at(9), applies_to=Scope(services=("b",)))
    nobody = Freeze("nobody", at(0), at(9), applies_to=Scope(environments=("mars",)))
    inventory = replace(made.snapshot.inventory, freezes={f.name: f for f in (past, others, nobody)})
    (found,) = shutters(inventory, at(0), at(0, day=1))
    assert [str(instance) for instance in found.instances] == ["b@prod"]
    assert shutters(inventory, at(0), at(0, day=1), "mars") == ()
