"""A console on an engine that is none, opened at a size and waited for until its first picture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual import _wait
from textual.pilot import Pilot

from console.tui.app import Console
from console.tui.widgets.lines import LineView
from tests.console.estate import NOW
from tests.console.fake_engine import FakeEngine

# After every key a pilot looks whether the process has gone quiet: for so long, instead of 20 ms. Whatever
# takes longer than that is waited for by what the screen shows (``Hand.until``), here as before.
_wait.SLEEP_GRANULARITY = 1 / 200
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 20

Open = Callable[..., AbstractAsyncContextManager["Hand"]]


class Hand:
    """A hand on the keyboard and an eye on the screen."""

    def __init__(self, app: Console, pilot: Pilot[int], engine: FakeEngine) -> None:
        self.app = app
        self.pilot = pilot
        self.engine = engine

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        names = {"=": "equals_sign", " ": "space", ".": "full_stop", ":": "colon", "-": "minus"}
        await self.press(*[names.get(char, char) for char in text])

    async def until(self, holds: Callable[[], object], seconds: float = 5.0) -> None:
        for _ in range(int(seconds / 0.02)):
            if holds():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"never so; the screen says:\n{self.text}")

    @property
    def text(self) -> str:
        """What the topmost screen shows, widget by widget."""
        return "\n".join(view.text for view in self.app.screen.query(LineView))

    def part(self, selector: str) -> str:
        return self.app.screen.query_one(selector, LineView).text


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def opened(engine: FakeEngine) -> Open:
    @asynccontextmanager
    async def enter(width: int = 120, height: int = 40, **options: bool) -> AsyncIterator[Hand]:
        app = Console(engine.client, now=lambda: NOW, **options)
        async with app.run_test(size=(width, height)) as pilot:
            hand = Hand(app, pilot, engine)
            await hand.until(lambda: app.picture.connected and app.picture.graph)
            await pilot.pause()
            yield hand

    return enter
