"""Windows and freezes over rollouts, read as stories: what waits, until when, and
what neither holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from engine.model.change import Kind
from engine.model.consent import Override, OverridePolicy
from engine.model.scope import Scope
from engine.model.wait import Reason
from engine.model.window import Entry, Freeze, Hours, Schedule, WindowPolicy
from tests.builders import T0
from tests.plan.shutters import EIGHT_HOURS_S, at, only, under, window


def test_nothing_starts_while_a_window_is_closed_and_the_wait_says_until_when() -> None:
    made = under(window(begin=22, end=6))
    made.deploy(ledger="2.0")
    assert made.settle() == []
    wait = only(made)
    assert (wait.reason, wait.gate, wait.until) == (Reason.WINDOW_CLOSED, "window", at(22))
    assert (wait.owner, wait.message) == ("policies.windows.office", "the window office is closed")
    made.elapsed_s += 13 * 3600 - 1
    assert made.settle() == []
    made.elapsed_s += 1
    assert len(made.settle()) == 1


def test_every_window_that_applies_must_be_open() -> None:
    made = under(window("day", 9, 17), window("night", 22, 6), window("team", 0, 5, applies_to=Scope(teams=("other",))))
    made.deploy(ledger="2.0")
    assert made.settle() == []
    assert only(made).owner == "policies.windows.night"


def test_what_is_exempt_is_not_held() -> None:
    made = under(window(begin=22, end=6, exempt=Scope(services=("ledger",))))
    made.deploy(ledger="2.0")
    assert len(made.settle()) == 1


def test_a_window_that_never_opens_says_so() -> None:
    past = Schedule((Entry(UTC, dates=((T0.date() - timedelta(days=9), T0.date() - timedelta(days=2)),)),))
    made = under(WindowPolicy("gone", past))
    made.deploy(ledger="2.0")
    assert made.settle() == []
    assert only(made).until is None
    assert "does not open within 400 days" in only(made).message


def test_a_rollout_that_does_not_fit_waits_for_a_window_that_is_long_enough() -> None:
    made = under(window())
    made.elapsed_s += EIGHT_HOURS_S - 30
    made.deploy(ledger="2.0")
    assert made.settle() == []
    wait = only(made)
    assert (wait.reason, wait.until) == (Reason.WINDOW_TOO_SHORT, at(9, day=1))
    assert "closes in 30s" in wait.message
    made.elapsed_s += 30 + 16 * 3600
    assert len(made.settle()) == 1


def test_a_rollout_that_may_span_windows_starts_in_a_short_one() -> None:
    made = under(window(span=True))
    made.elapsed_s += EIGHT_HOURS_S - 30
    made.deploy(ledger="2.0")
    assert len(made.settle()) == 1


def test_a_rollout_that_fits_no_window_says_what_to_mend() -> None:
    schedule = Schedule((Entry(UTC, hours=(Hours(9 * 3600, 9 * 3600 + 20),)),))
    made = under(WindowPolicy("blink", schedule))
    made.deploy(ledger="2.0")
    assert made.settle() == []
    assert (only(made).reason, only(made).until) == (Reason.WINDOW_TOO_SHORT, None)
    assert "span: true" in only(made).unblock


def test_a_freeze_holds_until_its_end_and_not_the_exempt() -> None:
    freeze = Freeze("peak", T0, at(9, day=4), exempt=Scope(services=("ledger",)), reason="Black Friday")
    made = under(freeze)
    made.deploy(checkout="2.0")
    made.deploy(ledger="2.0")
    assert {act.placement.service for act in made.settle()} == {"ledger"}
    wait = next(wait for wait in made.plan().waits if wait.reason is Reason.FREEZE)
    assert (wait.subject, wait.until, wait.owner) == ("checkout@prod", at(9, day=4), "policies.freezes.peak")
    assert wait.message == "the freeze peak is on: Black Friday"


def test_what_a_freeze_holds_blocks_nobody() -> None:
    made = under(Freeze("peak", T0, at(9, day=4), applies_to=Scope(services=("ledger",))))
    made.deploy(ledger="2.0")
    made.deploy(checkout="2.0")
    assert {act.placement.service for act in made.settle()} == {"checkout"}


def test_a_way_back_waits_for_no_window_and_no_freeze() -> None:
    made = under(window(begin=22, end=6), Freeze("peak", T0, at(9, day=4)))
    made.deploy(ledger="1.1", kind=Kind.ROLLBACK)
    assert len(made.settle()) == 1


def test_the_way_past_a_window_is_told_where_a_policy_has_one() -> None:
    made = under(window(begin=22, end=6))
    made.deploy(ledger="2.0")
    assert only(made).unblock == ""
    made.inventory = replace(made.inventory, overrides=OverridePolicy(gates=("window",), who=("ana",), max_s=3600.0))
    assert only(made).unblock == "interlock override 1 window --reason TEXT"


def test_an_override_lets_one_change_through_a_closed_window() -> None:
    made = under(window(begin=22, end=6))
    change = made.deploy(ledger="2.0")
    lifted = Override("window", "ana", "incident", T0, at(10))
    made.state = replace(made.state, changes={change.id: replace(change, overrides=(lifted,))})
    (act,) = made.settle()
    made.finish(act)
    assert len(made.settle()) == 1
    assert made.change(change).item("ledger").shut_by == ""
