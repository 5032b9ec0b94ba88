"""Looking back: the picture as it was after any event of the journal. While one looks at it every action
that would change something is greyed, and the header says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from console.tui.action import Action, Aim
from console.tui.render.footer import Notice
from engine.errors import InterlockError

if TYPE_CHECKING:
    from console.tui.app import Console


def look_back(console: Console, at: str) -> None:
    """To the moment after an event (its number), or to a time."""
    console.run_worker(_look_back(console, at), group="past", exclusive=True)


async def _look_back(console: Console, at: str) -> None:
    try:
        board = await asyncio.to_thread(console.engine.board, at)
    except InterlockError as error:
        console.say(Notice(str(error), "failed"))
        return
    past = board.get("past")
    if past is None:
        console.say(Notice("this engine is older than its console: it does not tell the past", "failed"))
        return
    events = tuple(event for event in console.newest.events if 0 < event["seq"] <= past["seq"])
    console.session.past = past
    console.picture = replace(
        console.newest, board=board, received=console.now(), away_since=None, problem="", events=events
    )
    console.redraw()


def step(console: Console, delta: int) -> None:
    """Some events back or forth; forth past the last one is the present."""
    past, engine = console.session.past, console.newest.engine
    if engine is None:
        return
    last = engine["seq"]
    seq = (past["seq"] if past else last) + delta
    if seq >= last:
        to_present(console)
    else:
        look_back(console, str(max(0, seq)))


def to_present(console: Console) -> None:
    """Out of the past, and out of a frozen picture."""
    console.session.past = None
    console.session.frozen_since = None
    console.picture = console.newest
    console.redraw()


def earlier(console: Console, action: Action, aim: Aim) -> None:
    """One event back."""
    step(console, -1)


def later(console: Console, action: Action, aim: Aim) -> None:
    """One event forth."""
    step(console, 1)


def much_earlier(console: Console, action: Action, aim: Aim) -> None:
    """Twenty events back."""
    step(console, -20)


def much_later(console: Console, action: Action, aim: Aim) -> None:
    """Twenty events forth."""
    step(console, 20)


def now(console: Console, action: Action, aim: Aim) -> None:
    """To the present."""
    to_present(console)
