"""How it looks, as pictures kept beside the tests: every screen at three sizes, every dialog, the engine
away. Look at them (``pytest --snapshot-update`` after a change made on purpose, then open the SVGs)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.tui.app import Console
from tests.console import overtime
from tests.console.estate import NOW, stamp, wait
from tests.console.fake_engine import FakeEngine
from tests.console.story import make_board

SIZES = [(80, 24), (120, 40), (200, 60)]
SCREENS = {
    "map": "1", "services": "2", "queue": "3", "rollout": "4", "hosts": "5",
    "timeline": "6", "history": "7", "insights": "8",
}  # fmt: skip
DIALOGS = {
    "deploy": ("d", "enter"),
    "deploy-choices": ("d", "ctrl+u", "c", "h"),
    "why": ("w",),
    "help": ("question_mark",),
    "rollback": ("r",),
    "cancel": ("4", "c"),
    "reject": ("3", "j", "n"),
    "expedite": ("3", "j", "u"),
    "retry": ("3", "j", "j", "j", "t"),
    "hold": ("2", "H"),
    "matrix": ("m",),
    "tree": ("t",),
    "command": ("colon", "d", "e"),
    "light": ("T",),
    "colour-blind": ("T", "T"),
    "instance": ("enter",),
    "log": ("4", "l"),
    "filter": ("2", "slash", "p", "a", "y"),
}
Compare = Callable[..., bool]


def console(engine: FakeEngine) -> Console:
    app = Console(engine.client, now=lambda: NOW)
    app.animation_level = "none"
    return app


def steps(*keys: str, away: FakeEngine | None = None) -> Callable[[Pilot[int]], Awaitable[None]]:
    """Waits for the picture, presses, waits until nothing blinks or moves any more."""

    async def run(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, Console)
        for _ in range(250):
            await pilot.pause(0.02)
            if app.picture.graph is not None:
                break
        if away is not None:
            away.go_away()
            await pilot.pause(0.6)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.5)
        await app.workers.wait_for_complete()
        await pilot.pause()
        for box in app.screen.query(Input):
            box.cursor_blink = False
        await pilot.pause(0.1)

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
def test_screen(snap_compare: Compare, name: str, size: tuple[int, int]) -> None:
    engine = FakeEngine()
    engine.journal = overtime.journal()
    assert snap_compare(console(engine), terminal_size=size, run_before=steps(SCREENS[name]))


def test_the_past(snap_compare: Compare) -> None:
    engine = FakeEngine()
    engine.journal = overtime.journal()
    assert snap_compare(console(engine), terminal_size=(120, 40), run_before=steps("7", "j", "j", "enter"))


@pytest.mark.parametrize("name", DIALOGS)
def test_dialog(snap_compare: Compare, name: str) -> None:
    assert snap_compare(console(FakeEngine()), terminal_size=(120, 40), run_before=steps(*DIALOGS[name]))


def test_override(snap_compare: Compare) -> None:
    engine = FakeEngine()
    shut = wait("WindowClosed", "returns@prod", "office-hours: mon-fri 09:00-17:00", "42", until=stamp(-17000))
    soak = shut | {"reason": "SoakRequired", "message": "staging has soaked 20m of 1h"}
    engine.board["changes"][1]["waits"] += [shut, soak]
    assert snap_compare(console(engine), terminal_size=(120, 40), run_before=steps("3", "j", "o", *"ticket"))


def test_a_bad_version(snap_compare: Compare) -> None:
    engine = FakeEngine()
    row = next(r for r in engine.board["status"] if (r["service"], r["environment"]) == ("search", "prod"))
    mark = {
        "version": "8.2.0",
        "environment": "prod",
        "reason": "health answered 500",
        "by": "interlock",
        "at": None,
        "change": "",
    }
    row |= {"bad": [mark], "pending": "configuration"}
    assert snap_compare(console(engine), terminal_size=(120, 40), run_before=steps("b"))


def test_engine_away(snap_compare: Compare) -> None:
    engine = FakeEngine()
    assert snap_compare(console(engine), terminal_size=(120, 40), run_before=steps(away=engine))


def test_all_is_well(snap_compare: Compare) -> None:
    engine = FakeEngine(make_board(calm=True))
    assert snap_compare(console(engine), terminal_size=(120, 40), run_before=steps())
