"""The mouse on every screen: a click selects, a double click opens, the wheel goes along; a click on a key
of the footer is that key."""

from __future__ import annotations

import pytest
from textual import events

from console.tui.render.footer import action_at
from console.tui.screens.instance import InstanceScreen
from tests.console.conftest import Hand, Open


def row_of(hand: Hand, selector: str, text: str) -> tuple[int, int]:
    """The first cell in which a widget shows a text."""
    rows = hand.part(selector).splitlines()
    y = next(at for at, row in enumerate(rows) if text in row)
    return rows[y].index(text), y


async def click(hand: Hand, selector: str, text: str, times: int = 1) -> None:
    await hand.pilot.click(selector, offset=row_of(hand, selector, text), times=times)
    await hand.pilot.pause()


@pytest.mark.parametrize(
    ("screen", "text", "chosen", "opens"),
    [
        ("2", "returns", lambda hand: hand.app.session.service == "returns", "rollout"),
        ("3", "42", lambda hand: hand.app.session.change == "42", "rollout"),
        ("5", "eu-a-03", lambda hand: hand.app.session.host == "eu-a-03", "services"),
        ("6", "42", lambda hand: hand.app.session.change == "42", "rollout"),
        ("8", "fits-no-window", lambda hand: "finding" in hand.app.screen.query_one("#table").cursor, "insights"),
    ],
)
async def test_a_click_selects_a_row_and_a_double_one_opens_it(
    opened: Open, screen: str, text: str, chosen: object, opens: str
) -> None:
    async with opened() as hand:
        await hand.press(screen)
        await hand.until(lambda: text in hand.part("#table"))
        await click(hand, "#table", text)
        assert chosen(hand)  # type: ignore[operator]
        before = hand.app.current_mode
        await hand.pilot.pause(0.6)  # longer than a double click takes
        await click(hand, "#table", text)
        assert hand.app.current_mode == before
        await click(hand, "#table", text, times=2)
        await hand.until(lambda: hand.app.current_mode == opens)


async def test_a_double_click_on_the_history_looks_back(opened: Open) -> None:
    async with opened() as hand:
        hand.engine.say("change-accepted", "41", "change 41 accepted")
        await hand.press("7")
        await hand.until(lambda: "change 41 accepted" in hand.part("#table"))
        await click(hand, "#table", "change 41 accepted", times=2)
        await hand.until(lambda: hand.app.session.past is not None and hand.app.current_mode == "map")


@pytest.mark.parametrize("view", ["board", "matrix", "tree"])
async def test_a_click_on_the_map_selects_and_a_double_one_opens(opened: Open, view: str) -> None:
    async with opened() as hand:
        hand.app.session.view = view
        hand.app.redraw()
        await hand.pilot.pause()
        name = "catalog" if view == "tree" else "pricing"
        await click(hand, "#map", name)
        assert hand.app.session.service == name
        await hand.pilot.pause(0.6)  # longer than a double click takes
        hand.app.session.service = "search"
        hand.app.redraw()
        await hand.pilot.pause()
        await click(hand, "#map", name, times=2)
        assert hand.app.session.service == name  # though the tree has moved under the mouse meanwhile
        assert isinstance(hand.app.screen, InstanceScreen)


async def test_a_click_in_the_lists_points_and_a_double_one_makes_it_the_centre(opened: Open) -> None:
    async with opened(80, 24) as hand:
        await click(hand, "#map", "events")
        assert (hand.app.session.service, hand.app.screen.under_cursor()) == ("search", "events")  # type: ignore[attr-defined]
        await click(hand, "#map", "events", times=2)
        assert hand.app.session.service == "events"


async def test_the_wheel_goes_along_the_map(opened: Open) -> None:
    async with opened() as hand:
        board, places = hand.app.screen.query_one("#map"), []
        for wheel in (events.MouseScrollUp, events.MouseScrollDown):
            await hand.pilot._post_mouse_events([wheel], board)  # Pilot has no wheel of its own
            await hand.pilot.pause()
            places.append(hand.app.session.service)
        assert places == ["pricing", "search"]


async def test_a_double_click_in_the_rollout_opens_the_service_of_the_line(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("4")
        await hand.until(lambda: "eu-b-03 switching" in hand.part("#grid"))
        await click(hand, "#grid", "us-b-03 1.9.2", times=2)
        assert isinstance(hand.app.screen, InstanceScreen)
        assert hand.app.screen.service == "checkout"


async def test_a_click_on_a_key_of_the_footer_is_that_key(opened: Open) -> None:
    async with opened() as hand:
        await click(hand, "#footer", "why")
        await hand.until(lambda: "checkout waits because ledger" in hand.text)


async def test_every_cell_of_the_footer_is_the_key_that_stands_there(opened: Open) -> None:
    async with opened() as hand:
        screen = hand.app.board_screen
        shown = hand.part("#footer")
        for name, word in (("deploy", "deploy"), ("quit", "quit"), ("help", "help")):
            assert action_at("map", screen.aim(), 120, {}, shown.index(word)) == name
        assert action_at("map", screen.aim(), 120, {}, 119) == ""


async def test_a_click_takes_a_suggestion_and_a_completion(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d")
        await hand.until(lambda: "8.3.0" in hand.part("#suggestions"))
        await click(hand, "#suggestions", "8.3.0")
        assert hand.app.screen.query_one("#line").value == "search=8.3.0"  # type: ignore[attr-defined]
        await hand.press("escape", "colon")
        await hand.type("them")
        await click(hand, "#offers", "theme")
        assert hand.app.screen.query_one("#command").value == "theme "  # type: ignore[attr-defined]
