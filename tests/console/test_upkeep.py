"""Hosts taken aside, services restarted and removed, hooks settled: what is shown before, what is sent, and
what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from console.tui.dialogs.form import FormDialog
from tests.console.conftest import Hand, Open
from tests.console.estate import wait
from tests.console.test_dialogs import sent


def posted(hand: Hand) -> list[tuple[str, dict[str, Any]]]:
    """What was sent, looks left out."""
    return [post for post in sent(hand) if post[0] != "/v1/touch"]


def keep(hand: Hand, name: str, upkeep: str) -> None:
    host = next(each for each in hand.engine.board["hosts"] if each["host"] == name)
    host["maintenance"] = {"upkeep": upkeep, "by": "bo", "reason": "disk", "since": None, "emptied": False}
    hand.engine.say("host-set-aside", name, upkeep)


@pytest.mark.parametrize(
    ("key", "verb", "typed"), [("c", "cordon", False), ("D", "drain", False), ("X", "retire", True)]
)
async def test_a_host_is_taken_aside_with_a_reason(opened: Open, key: str, verb: str, typed: bool) -> None:
    async with opened() as hand:
        await hand.press("5", key)
        assert isinstance(hand.app.screen, FormDialog)
        host = hand.app.session.host
        await hand.until(lambda: f"{verb} of {host}" in hand.part("#preview"))
        for said in (f"config@prod/{host}", "and 2 more placements", "given up: the step", "ledger becomes failed"):
            assert said in hand.part("#preview")
        assert "would wait for BlastRadius" in hand.part("#preview")
        await hand.type("disk")
        await hand.press("enter")
        if typed:
            assert posted(hand) == []
            await hand.type(host)
            await hand.press("enter")
        await hand.until(lambda: posted(hand) == [(f"/v1/{verb}", {"subject": host, "reason": "disk"})])


@pytest.mark.parametrize(("key", "upkeep", "verb"), [("c", "drained", "uncordon"), ("X", "retired", "unretire")])
async def test_and_back_in(opened: Open, key: str, upkeep: str, verb: str) -> None:
    async with opened() as hand:
        await hand.press("5")
        host = hand.app.session.host
        keep(hand, host, upkeep)
        await hand.until(lambda: f"▪ {upkeep}" in hand.part("#table"))
        assert f"{upkeep} by bo: disk" in hand.part("#pane")
        await hand.press(key)
        await hand.until(lambda: f"{verb} of {host}" in hand.part("#preview"))
        await hand.press("b", "enter")
        await hand.until(lambda: posted(hand) == [(f"/v1/{verb}", {"subject": host, "reason": "b"})])


async def test_a_retired_host_is_neither_cordoned_nor_drained(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("5")
        host = hand.app.session.host
        keep(hand, host, "retired")
        await hand.until(lambda: "▪ retired" in hand.part("#table"))
        await hand.press("c")
        await hand.until(lambda: f"cordon: {host} is retired: unretire it (X)" in hand.part("#footer"))
        await hand.press("D")
        await hand.until(lambda: f"drain: {host} is retired already" in hand.part("#footer"))


async def test_a_refusal_is_shown_before_anything_is_sent(opened: Open) -> None:
    async with opened() as hand:
        hand.engine.unlifted = "ana is no admin; root may"
        await hand.press("5", "X")
        await hand.until(lambda: "✗ ana is no admin; root may" in hand.part("#preview"))
        await hand.press("escape")
        assert posted(hand) == []


async def test_a_service_is_restarted_or_removed(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("R")
        await hand.until(lambda: "restart of search@prod" in hand.part("#preview"))
        await hand.type("leak")
        await hand.press("enter")
        await hand.until(lambda: posted(hand) == [("/v1/restart", {"subject": "search@prod", "reason": "leak"})])
        await hand.press("delete")
        await hand.until(lambda: "remove of search@prod" in hand.part("#preview"))
        await hand.type("old")
        await hand.press("enter")
        await hand.type("searc")
        await hand.press("enter")
        assert len(posted(hand)) == 1
        await hand.press("h", "enter")
        await hand.until(lambda: posted(hand)[1:] == [("/v1/remove", {"subject": "search@prod", "reason": "old"})])


async def test_a_hook_whose_end_nobody_knows_is_settled(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("4", "K")
        await hand.until(lambda: "hook: every hook of change 41 has a known end" in hand.part("#footer"))
        change = hand.engine.board["changes"][0]
        change["waits"] = [wait("HookUnknown", "ledger@prod", "nobody knows whether the migration ran", "41")]
        change["hooks"] = [
            {
                "hook": "once",
                "service": "ledger",
                "host": "eu-a-03",
                "on": "eu-a-03",
                "state": "unknown",
                "attempt": 1,
                "started": None,
                "finished": None,
                "detail": "the link was lost",
                "log": [],
            }
        ]
        hand.engine.say("hook-ended", "41", "unknown")
        await hand.until(lambda: (c := hand.app.picture.change("41")) and c.get("hooks"))
        await hand.press("K")
        await hand.until(lambda: "once of ledger on eu-a-03  unknown  the link was lost" in hand.part("#blast"))
        await hand.press("down")
        await hand.type("41")
        await hand.press("enter")
        await hand.until(lambda: posted(hand) == [("/v1/hook", {"subject": "41", "again": True})])
