"""Dialogs in which people decide: approve, abort, and whether a version is bad."""

from __future__ import annotations

import pytest

from console.tui.dialogs.confirm import DEAF_S
from tests.console.conftest import Open
from tests.console.estate import wait
from tests.console.test_dialogs import sent


async def test_the_version_that_is_left_is_marked_bad_unless_one_says_no(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("r")
        await hand.until(lambda: "[x] mark the version that is left as bad" in hand.text)
        await hand.press("b")
        await hand.until(lambda: "[ ] mark the version" in hand.text)
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("y")
        await hand.until(lambda: sent(hand) == [("/v1/rollback", {"subject": "search@prod"})])


async def test_approve_shows_what_it_is_a_yes_to_and_sends_what_was_seen(opened: Open) -> None:
    async with opened() as hand:
        wanted = "approvals.pci wants 2 from team:security (cy, dan); nobody has approved it, 2 missing"
        hand.engine.board["changes"][1] |= {
            "waits": [wait("ApprovalRequired", "returns@prod", wanted, "42")],
            "evidence": {"ticket": "OPS-12"},
        }
        hand.engine.say("change-accepted", "42", "accepted")
        await hand.until(lambda: (change := hand.app.picture.change("42")) and change["evidence"])
        hand.app.session.change = "42"
        await hand.press("4", "a")
        for said in ("Approve change 42?", "returns  1.1.0 → 1.2.0", "asked by bo", "ticket: OPS-12", "2 missing"):
            assert said in hand.text
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("y")
        await hand.until(lambda: sent(hand))
        assert sent(hand) == [("/v1/approve", {"subject": "42", "digest": "0123456789abcdef"})]


async def test_abort_shows_what_goes_back_and_what_stays(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.change = "41"
        await hand.press("4", "x")
        assert "ledger  2.4.1 → 2.5.0  goes back at its safe point" in hand.text
        assert "checkout  1.9.2 → 1.10.0  does not start" in hand.text


@pytest.mark.parametrize(
    ("key", "change", "said"),
    [
        ("a", "42", "approve: nothing asks for an approval of change 42 now"),
        ("a", "39", "approve: change 39 is over (failed)"),
        ("x", "42", "abort: change 42 has not started: cancel it (c)"),
    ],
)
async def test_a_decision_that_cannot_be_says_why(opened: Open, key: str, change: str, said: str) -> None:
    async with opened() as hand:
        hand.app.session.change = change
        await hand.press("4", key)
        await hand.until(lambda: said in hand.part("#footer"))
