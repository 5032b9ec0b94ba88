"""Decisions that ask for a reason or more: reject, expedite, retry of a bad version, override, clear bad; and
hold, which asks once. Accepted, refused, incomplete, and never by a key that is held down."""

from __future__ import annotations

from typing import Any

import pytest

from console.tui.dialogs.confirm import DEAF_S, ConfirmDialog
from console.tui.dialogs.form import REPEAT_S, FormDialog
from console.tui.lengths import seconds
from tests.console.conftest import Hand, Open
from tests.console.estate import wait
from tests.console.test_dialogs import sent

BAD = {"version": "8.2.0", "environment": "prod", "reason": "health answered 500", "by": "interlock", "at": None,
       "change": "39"}  # fmt: skip
SHUT = wait("WindowClosed", "returns@prod", "office-hours is closed", "42", gate="window")
BUSY = wait("DependencyBusy", "returns@prod", "ledger is being rolled out", "42")


def story(hand: Hand) -> dict[str, dict[str, Any]]:
    """The changes by id."""
    return {change["id"]: change for change in hand.engine.board["changes"]}


async def show(hand: Hand, change: str, *keys: str) -> None:
    """The fake's board is on the screen, and the keys are pressed on a change."""
    seen = len(hand.engine.journal)
    hand.engine.say("item-status", change, "x")
    await hand.until(lambda: len(hand.app.newest.events) > seen)
    hand.app.session.change = change
    await hand.press("4", *keys)


@pytest.mark.parametrize(("key", "path", "title"), [("n", "/v1/reject", "Reject"), ("u", "/v1/expedite", "Move")])
async def test_a_reason_is_asked_for_and_sent(opened: Open, key: str, path: str, title: str) -> None:
    async with opened() as hand:
        hand.app.session.change = "42"
        await hand.press("4", key)
        assert isinstance(hand.app.screen, FormDialog)
        assert f"{title} change 42" in hand.part("#form-title")
        await hand.until(lambda: "say why" in hand.part("#form-state"))
        assert "returns  1.1.0 → 1.2.0" in hand.part("#blast")
        await hand.type("too late")
        await hand.press("enter")
        await hand.until(lambda: sent(hand) == [(path, {"subject": "42", "reason": "too late"})])


async def test_without_a_reason_nothing_is_sent(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.change = "42"
        await hand.press("4", "n")
        await hand.pilot.pause(REPEAT_S + 0.1)
        await hand.press("enter", "space", "enter")
        assert isinstance(hand.app.screen, FormDialog)
        await hand.press("escape")
        assert sent(hand) == []
        assert hand.app.current_mode == "rollout"


async def test_an_enter_held_down_since_before_confirms_nothing(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.change = "42"
        await hand.press("4", "n")
        form = hand.app.screen
        assert isinstance(form, FormDialog)
        form.query_one("#field-reason").value = "typed by no one"  # type: ignore[attr-defined]
        await hand.pilot.pause()
        form._deaf_from = __import__("time").monotonic()
        await hand.press(*["enter"] * 8)
        assert hand.app.screen is form
        await hand.pilot.pause(REPEAT_S + 0.1)
        await hand.press("enter")
        await hand.until(lambda: sent(hand))


async def test_expedite_says_whom_it_passes(opened: Open) -> None:
    async with opened() as hand:
        changes = hand.engine.board["changes"]
        changes.insert(2, changes[1] | {"id": "44"})
        await show(hand, "44", "u")
        await hand.until(lambda: "goes before 42 (returns)" in hand.part("#blast"))


async def test_retry_asks_once(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.change = "39"
        await hand.press("4", "t")
        assert isinstance(hand.app.screen, ConfirmDialog)
        assert "search  8.1.0 → 8.2.0  begins anew" in hand.part("#blast")
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("t", "y")
        await hand.until(lambda: sent(hand) == [("/v1/retry", {"subject": "39"})])


async def test_retry_of_a_bad_version_wants_the_reason(opened: Open) -> None:
    async with opened() as hand:
        row = next(r for r in hand.engine.board["status"] if (r["service"], r["environment"]) == ("search", "prod"))
        row["bad"] = [BAD]
        await show(hand, "39", "t")
        assert isinstance(hand.app.screen, FormDialog)
        await hand.until(lambda: "search 8.2.0  in prod  health answered 500" in hand.part("#blast"))
        await hand.type("index rebuilt")
        await hand.press("enter")
        await hand.until(lambda: sent(hand) == [("/v1/retry", {"subject": "39", "reason": "index rebuilt"})])


async def test_hold_and_release(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.change = "42"
        await hand.press("4", "H")
        assert "Hold change 42?" in hand.text
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("y")
        await hand.until(lambda: sent(hand) == [("/v1/hold", {"subject": "42"})])
        story(hand)["42"]["held_by"] = "ana"
        await show(hand, "42", "H")
        await hand.until(lambda: "Release change 42?" in hand.text)
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("y")
        await hand.until(lambda: sent(hand)[1:] == [("/v1/release", {"subject": "42"})])


async def test_override_shows_what_it_lets_loose_and_wants_the_name_typed(opened: Open) -> None:
    async with opened() as hand:
        story(hand)["42"]["waits"] = [SHUT, SHUT | {"reason": "Freeze", "message": "black-friday"}, BUSY]
        await show(hand, "42", "o")
        await hand.until(lambda: "starts at once returns 1.2.0" in hand.part("#preview"))
        assert "DependencyBusy: never anybody's to override" in hand.part("#blast")
        assert "lifts WindowClosed" in hand.part("#preview")
        await hand.press("down")
        await hand.until(lambda: "lifts Freeze" in hand.part("#preview"))
        await hand.type("paying customers")
        await hand.press("enter")  # to the name, which is missing
        await hand.type("41")
        await hand.until(lambda: "that is not 42" in hand.part("#form-state"))
        await hand.press("enter", "backspace", "2", "shift+tab")
        await hand.type("1h30")
        await hand.until(lambda: "1h30 is no length of time" in hand.part("#form-state"))
        await hand.press("enter", "m", "enter")
        said = {"subject": "42", "gate": "Freeze", "reason": "paying customers", "for_s": 5400.0}
        await hand.until(lambda: sent(hand) == [("/v1/override", said)])


async def test_an_override_that_would_be_refused_says_who_could(opened: Open) -> None:
    async with opened() as hand:
        hand.engine.unlifted = "ana may not override WindowClosed; cy may. Nothing was changed"
        story(hand)["42"]["waits"] = [SHUT]
        await show(hand, "42", "o")
        await hand.until(lambda: "ana may not override WindowClosed; cy may" in hand.part("#preview"))
        await hand.press("escape")
        assert sent(hand) == []


async def test_a_bad_version_is_marked_and_cleared_with_a_reason(opened: Open) -> None:
    async with opened() as hand:
        row = next(r for r in hand.engine.board["status"] if (r["service"], r["environment"]) == ("search", "prod"))
        row["bad"] = [BAD]
        await show(hand, "39", "1")
        await hand.until(lambda: "search ⊘" in hand.part("#map"))
        assert "8.2.0: health answered 500 (interlock); b clears it" in " ".join(hand.part("#pane").split())
        await hand.press("d")
        await hand.until(lambda: "bad: health answered 500" in hand.part("#suggestions"))
        assert hand.part("#suggestions").index("8.3.0") < hand.part("#suggestions").index("8.2.0")
        await hand.press("escape", "b")
        await hand.type("mended")
        await hand.press("enter")
        said = {"services": {"search": "8.2.0"}, "environment": "prod", "reason": "mended"}
        await hand.until(lambda: sent(hand) == [("/v1/clear-bad", said)])


async def test_pending_orphans_and_broken_needs_are_shown(opened: Open) -> None:
    async with opened() as hand:
        row = next(r for r in hand.engine.board["status"] if (r["service"], r["environment"]) == ("vault", "prod"))
        row |= {"pending": "configuration", "orphans": ["old-1"], "violations": ["vault refuses config 4.2.0"]}
        hand.app.session.service = "vault"
        await show(hand, "39", "1")
        await hand.until(lambda: "vault ∆†≁" in hand.part("#map"))
        pane = hand.part("#pane")
        for said in ("still runs on old-1", "vault refuses config 4.2.0", "configuration of the inventory"):
            assert said in " ".join(pane.split())
        await hand.press("2")
        await hand.until(lambda: "vault ∆†≁" in hand.part("#table"))


@pytest.mark.parametrize(
    ("key", "change", "said"),
    [
        ("n", "41", "reject: change 41 has started: abort it (x)"),
        ("n", "39", "reject: change 39 is over (failed)"),
        ("t", "42", "retry: nothing of change 42 has failed"),
        ("u", "38", "expedite: change 38 is over (succeeded)"),
        ("o", "42", "override: DependencyBusy can never be overridden"),
        ("H", "41", "hold: change 41 has started: pause it (p)"),
    ],
)
async def test_a_decision_that_makes_no_sense_says_why(opened: Open, key: str, change: str, said: str) -> None:
    async with opened() as hand:
        hand.app.session.change = change
        await hand.press("4", key)
        await hand.until(lambda: said in hand.part("#footer"))
        assert sent(hand) == []


async def test_clear_bad_where_nothing_is_bad_says_so(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("b")
        await hand.until(lambda: "clear bad: no version of search is bad in prod" in hand.part("#footer"))


@pytest.mark.parametrize(
    ("text", "length_s"),
    [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2d", 172800), ("", None), ("5", None), ("0m", None), ("1x", None)],
)
def test_lengths_of_time(text: str, length_s: float | None) -> None:
    assert seconds(text) == length_s
