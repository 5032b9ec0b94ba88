"""The board as it was: the journal replayed up to a moment, a page at a time so that the loop is never
held, from marks that are remembered on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fastapi import Request

from engine.api.moment import Moment
from engine.api.protocol import Board, EngineView
from engine.api.times import when
from engine.api.views import change_views, host_views, status_rows
from engine.errors import UsageError
from engine.model.event import Recorded
from engine.model.snapshot import Snapshot
from engine.model.state import State
from engine.model.text import printable
from engine.plan.evolve import evolve
from engine.plan.planner import plan
from engine.store.protocol import Store

PAGE = 200  # events between two looks at the rest of the engine
MARK_EVERY = 2000
MOST_MARKS = 32
TICK = timedelta(milliseconds=1)  # times are told to the millisecond


@dataclass(frozen=True, slots=True)
class Then:
    """The state after the event ``seq`` (0: before the first), which happened ``at``."""

    seq: int
    at: datetime | None
    state: State


@dataclass(frozen=True, slots=True)
class Until:
    """The last event wanted, by its number or by its time."""

    seq: int | None = None
    at: datetime | None = None

    def covers(self, seq: int, at: datetime | None) -> bool:
        """Whether an event belongs to it."""
        if self.seq is not None:
            return seq <= self.seq
        return at is None or self.at is None or at < self.at + TICK


class Past:
    """Remembers states on the way, so that a second look at the same stretch is quick."""

    def __init__(self) -> None:
        self._marks: list[Then] = [Then(0, None, State())]
        self._turn = asyncio.Lock()

    async def then(self, store: Store, until: Until) -> Then:
        """What the engine knew at a moment."""
        async with self._turn:
            found = next(mark for mark in reversed(self._marks) if until.covers(mark.seq, mark.at))
            while True:
                page = await store.read(after=found.seq, limit=PAGE)
                inside = [recorded for recorded in page if until.covers(recorded.seq, recorded.at)]
                found = self._take(found, inside)
                if len(inside) < PAGE:
                    return found
                await asyncio.sleep(0)

    def _take(self, found: Then, events: list[Recorded]) -> Then:
        for recorded in events:
            found = Then(recorded.seq, recorded.at, evolve(found.state, recorded))
        if found.seq - self._marks[-1].seq >= MARK_EVERY:
            self._marks.append(found)
            if len(self._marks) > MOST_MARKS:
                self._marks[1:] = self._marks[2::2]
        return found


def past_board(today: Snapshot, then: Then, engine: EngineView, first: Recorded | None) -> Board:
    """The board that a console would have drawn: what ran, what was wanted, what moved and
    what waited then. Latencies are not kept."""
    now = then.at or today.now
    snapshot = replace(
        today, state=then.state, now=now, elapsed_s=then.state.elapsed_s, executing=frozenset(), draining=False
    )
    moment = Moment(snapshot, plan(snapshot), {})
    changes = change_views(moment)
    return {
        "engine": {
            **engine,
            "now": when(now),
            "paused_by": then.state.paused_by,
            "draining": False,
            "busy": len(then.state.moves_in_flight()),
            "waiting": sum(change["state"] == "waiting" for change in changes),
        },
        "status": status_rows(moment, today.inventory.instances()),
        "changes": changes,
        "hosts": host_views(moment, lambda host: None),
        "past": {
            "seq": then.seq,
            "at": when(then.at),
            "first": when(first.at) if first else None,
            "last": engine["seq"],
        },
    }


def time_named(text: str) -> datetime:
    """The instant that a text names. Raises UsageError if it has no time zone or is none."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that nobody escaped
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{printable(text, 60)} is no time with its zone, such as 2026-11-24T09:00:00Z")
    return found.astimezone(UTC)


def until(text: str) -> Until:
    """The end that ``at`` names: an event's number, or a time."""
    return Until(seq=int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else Until(at=time_named(text))


def past_of(request: Request) -> Past:
    """What this application remembers of the past."""
    state = request.app.state
    if not hasattr(state, "past"):
        state.past = Past()
    found: Past = state.past
    return found
