"""The screens that look over time: the timeline, the history with its way back into the past, the insights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.tui.render.gantt import Bar, Shade, Stretch, axis, lane
from console.tui.render.palette import GOOD
from console.tui.screens.timeline import SPANS_S, TimelineScreen
from tests.console import overtime
from tests.console.conftest import Hand, Open
from tests.console.estate import NOW
from tests.console.fake_engine import FakeEngine
from tests.console.test_dialogs import sent


def lane_of(hand: Hand, words: str) -> str:
    """The row of the table with these words."""
    return next(row for row in hand.part("#table").splitlines() if words in row)


async def test_the_timeline_shows_what_ran_what_is_foreseen_and_what_shuts(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("6")
        await hand.until(lambda: "╌" in hand.part("#table"))
        assert "━" in lane_of(hand, "38 edge")
        assert "━╌" in lane_of(hand, "41 ledger")
        assert "×" in lane_of(hand, "41 checkout")
        assert "·" in lane_of(hand, "42 returns")
        assert "×" not in lane_of(hand, "42 returns")
        rows = hand.part("#table").splitlines()
        assert [word in rows[0] for word in ("02:00", "04:00", "▼")] == [True] * 3
        begins = [lane_of(hand, name).find("╌") for name in ("41 ledger", "41 checkout", "42 returns")]
        assert begins == sorted(begins)


async def test_the_timeline_pans_zooms_and_comes_back(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("6")
        screen = hand.app.screen
        assert isinstance(screen, TimelineScreen)
        first = screen.stretch()
        for key, back in (("l", "h"), ("right", "left")):
            await hand.press(key)
            assert screen.stretch()[0] - first[0] == timedelta(seconds=SPANS_S[3] / 8)
            await hand.press(back)
            assert screen.stretch() == first
        await hand.press("plus")
        assert screen.stretch()[1] - screen.stretch()[0] == timedelta(hours=3)
        await hand.press("minus", "minus", "l", "l", "0")
        begin, end = screen.stretch()
        assert (end - begin, begin < NOW < end) == (timedelta(hours=12), True)
        await hand.press(*["minus"] * 20)
        assert screen.zoom == len(SPANS_S) - 1
        await hand.press(*["equals_sign"] * 20)
        assert screen.zoom == 0


async def test_the_timelines_cursor_is_on_a_change(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("6")
        await hand.until(lambda: "╌" in hand.part("#table"))
        assert "change 41" in hand.part("#pane")
        await hand.press("G")
        assert hand.app.session.change == "42"
        assert "change 42" in hand.part("#pane")
        await hand.press("enter")
        assert hand.app.current_mode == "rollout"


async def test_the_timeline_by_service_and_filtered(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("6", "s")
        await hand.until(lambda: "service" in hand.part("#table").splitlines()[0])
        assert [row.split()[1] for row in hand.part("#table").splitlines()[1:6]] == [
            "checkout", "edge", "ledger", "returns", "search",
        ]  # fmt: skip
        await hand.press("slash")
        await hand.type("by:bo")
        await hand.until(lambda: "edge" not in hand.part("#table"))
        assert "returns" in hand.part("#table")


async def test_what_nobody_can_date_says_what_holds_it(engine: FakeEngine, opened: Open) -> None:
    engine.forecast |= {"legs": []}
    async with opened() as hand:
        await hand.press("6")
        await hand.until(lambda: "◔ DependencyBusy, no set end" in lane_of(hand, "42 returns"))


async def test_a_calendar_that_cannot_be_had_says_so_and_the_rest_stands(opened: Open) -> None:
    async with opened() as hand:
        hand.engine.client().engine.calendar = {"policies": []}
        hand.engine.up = False
        await hand.until(lambda: not hand.app.newest.connected)
        await hand.press("6")
        assert "38 edge" in hand.part("#table").replace("  ", " ")


async def test_history_is_newest_first_and_searchable(engine: FakeEngine, opened: Open) -> None:
    engine.journal = overtime.journal()
    async with opened() as hand:
        await hand.press("7")
        await hand.until(lambda: "812" in hand.part("#table"))
        rows = hand.part("#table").splitlines()
        assert "gate-overridden" in rows[1]
        assert "change-accepted" in rows[20]
        assert "ana overrides WindowClosed" in hand.part("#pane")
        for query, count in (("kind:host", 2), ("change:39 reverted", 2), ("change:3", 0), ("us-c-02", 2)):
            await hand.press("slash")
            await hand.press("ctrl+u")
            await hand.type(query)
            await hand.press("enter")
            await hand.until(lambda count=count: len(hand.app.screen.view.table.rows) == count)  # type: ignore[misc,attr-defined]
        await hand.press("slash", "ctrl+u", *"nothing", "enter")
        await hand.until(lambda: "no event matches /nothing" in hand.part("#table"))


async def test_history_goes_on_to_older_events(
    engine: FakeEngine, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.tui.screens.history.PAGE", 8)
    monkeypatch.setattr("console.tui.feed.CAUGHT_UP", 4)
    engine.journal = [event | {"seq": event["seq"] - 792} for event in overtime.journal()]
    async with opened() as hand:
        await hand.press("7")
        await hand.until(lambda: "… older events" in hand.part("#table"))
        await hand.press("G", "G")
        await hand.until(lambda: len(hand.app.screen.events()) == 16)  # type: ignore[attr-defined]
        await hand.press("G", "j")
        await hand.until(lambda: len(hand.app.screen.events()) == 20)  # type: ignore[attr-defined]
        await hand.until(lambda: "… older events" not in hand.part("#table"))


async def test_the_past_is_shown_as_such_and_nothing_can_be_done_there(engine: FakeEngine, opened: Open) -> None:
    engine.journal = overtime.journal()
    async with opened() as hand:
        await hand.press("7", "j", "enter")
        await hand.until(lambda: "THE PAST  Tue 24 Nov 02:12:30" in hand.part("#header"))
        assert "by today's inventory" in hand.part("#header")
        assert hand.app.current_mode == "map"
        assert "event 811 of 812" in hand.part("#header")
        row = hand.app.picture.row("ledger", "prod")
        assert row is not None
        assert row["state"] == "converged"
        for key in ("d", "p", "P", "r", "b"):
            await hand.press(key)
            await hand.until(lambda: "this is the past; 0 returns" in hand.part("#footer"))
        await hand.press("w")
        await hand.until(lambda: "the engine explains the present only" in hand.part("#footer"))
        assert sent(hand) == []
        engine.say("progress", "x", "y")
        await hand.pilot.pause(0.2)
        assert hand.app.session.past is not None
        await hand.press("0")
        await hand.until(lambda: "engine 2 ms" in hand.part("#header"))
        assert hand.app.picture is hand.app.newest


async def test_stepping_through_the_past(engine: FakeEngine, opened: Open) -> None:
    engine.journal = overtime.journal()

    def seq(hand: Hand) -> int:
        return hand.app.session.past["seq"] if hand.app.session.past else -1

    async with opened() as hand:
        for key, expected in (
            ("left_square_bracket", 811), ("left_curly_bracket", 791), ("right_square_bracket", 792),
            ("right_curly_bracket", -1), ("left_square_bracket", 811), ("right_square_bracket", -1),
        ):  # fmt: skip
            await hand.press(key)
            await hand.until(lambda expected=expected: seq(hand) == expected)  # type: ignore[misc]
        await hand.press("left_square_bracket")
        await hand.until(lambda: seq(hand) == 811)
        await hand.press("escape")
        await hand.until(lambda: hand.app.session.past is None)


async def test_a_past_that_cannot_be_had_says_so(engine: FakeEngine, opened: Open) -> None:
    engine.refusal = "the journal cannot be read"
    async with opened() as hand:
        await hand.press("left_square_bracket")
        await hand.until(lambda: "the journal cannot be read" in hand.part("#footer"))
        assert hand.app.session.past is None


async def test_insights_by_team_and_service_over_days(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("8")
        await hand.until(lambda: "logistics" in hand.part("#table"))
        assert "the last 30 days" in hand.part("#title")
        assert "not mended" in lane_of(hand, "logistics")
        assert "23%" in lane_of(hand, "logistics")
        assert "nothing deployed: maps, risk" in hand.part("#table")
        await hand.press("minus")
        await hand.until(lambda: "the last 90 days" in hand.part("#title"))
        await hand.press("plus", "plus")
        await hand.until(lambda: "the last 7 days" in hand.part("#title"))
        await hand.press("s")
        await hand.until(lambda: "checkout" in hand.part("#table"))
        await hand.press("s", "j", "enter")
        assert hand.app.current_mode == "services"
        assert "/team:" in hand.part("#header")


async def test_insights_show_a_finding_in_full(opened: Open) -> None:
    async with opened(80, 24) as hand:
        await hand.press("8")
        await hand.until(lambda: "logistics" in hand.part("#table"))
        assert "what the figures mean" in hand.part("#pane")
        await hand.until(lambda: len(hand.app.screen.view.table.rows) > 15)  # type: ignore[attr-defined]
        await hand.press("G")
        assert "inventories/acme/payments.yaml:12" in hand.part("#pane")
        assert "ledger and payments are" in hand.part("#pane")


BEGIN = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def text(parts: object) -> str:
    return "".join(part.text for part in parts)  # type: ignore[attr-defined]


def test_a_lane_is_exact_to_the_cell() -> None:
    stretch = Stretch(BEGIN, BEGIN + timedelta(hours=24), 24)
    at = [BEGIN + timedelta(hours=hour) for hour in range(25)]
    shades = [Shade(at[2], at[5]), Shade(at[4], at[6], frozen=True)]
    bars = [
        Bar(at[8], at[10], "━", GOOD),
        Bar(at[20], at[20], "━", GOOD),
        Bar(at[0] - timedelta(days=9), at[1], "╌", GOOD),
    ]
    assert text(lane(stretch, bars, shades, at[12])) == "╌ ··××  ━━  │       ━   "


@pytest.mark.parametrize("cells", [1, 7, 40, 200])
@pytest.mark.parametrize("span_s", [60.0, *SPANS_S])
def test_an_axis_fits_and_counts_from_midnight(cells: int, span_s: float) -> None:
    stretch = Stretch(BEGIN, BEGIN + timedelta(seconds=span_s), cells)
    assert len(text(axis(stretch, BEGIN + timedelta(seconds=span_s / 2)))) == cells
