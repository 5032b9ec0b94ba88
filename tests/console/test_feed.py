"""The link: it follows, it survives the engine going away, answering rubbish and coming back; and what
the operator sees meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from console.tui.feed import Feed
from console.tui.picture import Picture
from tests.console.conftest import Open
from tests.console.estate import NOW
from tests.console.fake_engine import FakeEngine


class Taker:
    """Keeps the pictures that a feed delivers."""

    def __init__(self, engine: FakeEngine) -> None:
        self.pictures: list[Picture] = []
        self.feed = Feed(engine.client(), self.pictures.append, lambda: NOW)

    def __enter__(self) -> Taker:
        self.feed.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.feed.stop()

    def until(self, holds: Callable[[Picture], object], seconds: float = 5.0) -> Picture:
        for _ in range(int(seconds / 0.01)):
            if self.pictures and holds(self.pictures[-1]):
                return self.pictures[-1]
            time.sleep(0.01)
        raise AssertionError("that picture never came")


def test_an_event_brings_a_new_picture_at_once(engine: FakeEngine) -> None:
    with Taker(engine) as taker:
        taker.until(lambda p: p.connected and engine.watchers)
        engine.board["engine"]["busy"] = 7
        began = time.monotonic()
        engine.say("move-ended", "x", "y")
        taker.until(lambda p: p.engine and p.engine["busy"] == 7)
        assert time.monotonic() - began < 1.0


def test_a_storm_of_events_becomes_few_pictures(engine: FakeEngine) -> None:
    with Taker(engine) as taker:
        taker.until(lambda p: p.connected and engine.watchers)
        before, began = len(taker.pictures), time.monotonic()
        for _ in range(400):
            engine.say("progress", "x", "y")
            time.sleep(0.001)
        taker.until(lambda p: len(p.events) >= 400)
        assert len(taker.pictures) - before <= 20 * (time.monotonic() - began) + 2


def test_the_graph_is_asked_for_again_only_when_it_may_have_changed(engine: FakeEngine) -> None:
    with Taker(engine) as taker:
        first = taker.until(lambda p: p.connected and engine.watchers).graph
        engine.say("progress", "x", "y")
        assert taker.until(lambda p: p.events).graph is first
        engine.board["engine"]["epoch"] += 1
        engine.say("progress", "x", "y")
        taker.until(lambda p: p.graph is not first)


def test_an_engine_that_goes_away_leaves_its_last_picture(engine: FakeEngine) -> None:
    with Taker(engine) as taker:
        taker.until(lambda p: p.connected and engine.watchers)
        engine.go_away()
        gone = taker.until(lambda p: p.away_since)
        assert gone.board is not None
        assert "no engine answers" in gone.problem
        engine.come_back()
        assert taker.until(lambda p: p.connected).problem == ""
        engine.say("move-ended", "x", "again")
        taker.until(lambda p: p.events and p.events[-1]["message"] == "again")


def test_what_was_missed_is_caught_up_with_and_nothing_is_told_twice(engine: FakeEngine) -> None:
    engine.say("move-ended", "x", "before the console came")
    with Taker(engine) as taker:
        taker.until(lambda p: len(p.events) == 1)
        engine.say("move-ended", "x", "seen")
        taker.until(lambda p: len(p.events) == 2)
        engine.go_away()
        taker.until(lambda p: p.away_since)
        engine.say("move-ended", "x", "while it was away")
        engine.come_back()
        last = taker.until(lambda p: p.connected and len(p.events) >= 3)
        assert [e["message"] for e in last.events] == ["before the console came", "seen", "while it was away"]


RUBBISH: list[Any] = [None, [], "<html>", 42, {}, {"engine": None}, {"engine": {}, "status": 1}, {"status": [{}]}]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=str)
def test_rubbish_is_no_picture(engine: FakeEngine, rubbish: Any) -> None:
    with Taker(engine) as taker:
        good = taker.until(lambda p: p.connected and engine.watchers)
        engine.board, board = rubbish, engine.board
        engine.say("progress", "x", "y")
        gone = taker.until(lambda p: p.away_since)
        assert gone.board == good.board
        assert "not an engine" in gone.problem
        engine.board = board
        taker.until(lambda p: p.connected)


def test_stopping_ends_both_threads(engine: FakeEngine) -> None:
    with Taker(engine) as taker:
        taker.until(lambda p: p.connected and engine.watchers)
    for _ in range(300):
        if not [t for t in threading.enumerate() if t.name.startswith("feed-") and t.is_alive()]:
            return
        time.sleep(0.01)
    raise AssertionError("a thread goes on")


async def test_the_screen_keeps_the_picture_and_greys_what_needs_the_engine(opened: Open) -> None:
    async with opened() as hand:
        hand.engine.go_away()
        await hand.until(lambda: "engine away" in hand.part("#header"))
        assert "picture 0s old" in hand.part("#header")
        assert "search" in hand.part("#map")
        await hand.press("d")
        await hand.until(lambda: "deploy: no engine answers; reconnecting" in hand.part("#footer"))
        hand.engine.come_back()
        await hand.until(lambda: "engine 2 ms" in hand.part("#header"))
        await hand.press("d", "escape")
        assert hand.app.is_running


async def test_a_console_opened_without_an_engine_waits_for_it(engine: FakeEngine) -> None:
    from console.tui.app import Console

    engine.up = False
    app = Console(engine.client, now=lambda: NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(100):
            await pilot.pause(0.02)
            if app.newest.away_since:
                break
        for key in "12345dprcw?":
            await pilot.press(key)
            await pilot.press("escape")
        engine.come_back()
        for _ in range(200):
            await pilot.pause(0.02)
            if app.picture.connected:
                break
        assert app.picture.connected


def test_pictures_that_take_long_to_draw_come_less_often(engine: FakeEngine) -> None:
    with Taker(engine) as taker:
        taker.until(lambda p: p.connected and engine.watchers)
        taker.feed.draw_s = 0.2
        engine.say("progress", "x", "y")
        taker.until(lambda p: p.events)
        before, began = len(taker.pictures), time.monotonic()
        while time.monotonic() - began < 0.6:
            engine.say("progress", "x", "y")
            time.sleep(0.01)
        assert 1 <= len(taker.pictures) - before <= 2


def test_a_picture_in_which_only_the_engine_breathes_is_no_news(engine: FakeEngine) -> None:
    with Taker(engine) as taker:
        first = taker.until(lambda p: p.connected)
        engine.board["engine"]["lag_ms"] = 99.0
        taker.feed.ring()
        second = taker.until(lambda p: p is not first and p.engine and p.engine["lag_ms"] == 99.0)
        assert second.shows_the_same(first)
        engine.board["status"][0]["state"] = "failed"
        taker.feed.ring()
        assert not taker.until(lambda p: p is not second and p.board != second.board).shows_the_same(second)
        assert not second.away(NOW, "gone").shows_the_same(second)
