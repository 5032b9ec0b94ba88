"""The link to the engine: two daemon threads that turn its board and change stream into pictures.

One follows ``/v1/watch`` and rings a bell at every event; the other fetches the board when the bell
rang, or when the last one grows old, never more often than 20 times a second, and less often where
fetching and drawing take long: two thirds of the time are left to keys. Nothing here can block the
screen, and nothing that an engine does or sends can end the threads: they try again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from time import monotonic
from typing import Any, Protocol

from console.tui.picture import Picture
from engine.api.protocol import (
    Accepted,
    Board,
    CalendarView,
    DeployRequest,
    DoraView,
    FindingView,
    ForecastsView,
    GraphView,
    PlanView,
    WatchEvent,
    WhyView,
)
from engine.api.shape import misfit

INTERVAL_S = 0.05
HEARTBEAT_S = 2.0
REST, REST_MOST_S = 2.0, 1.0  # rests so many times as long as the last picture took
RETRY_S = (0.2, 0.5, 1.0, 2.0)
KEPT_EVENTS = 500
CAUGHT_UP = 200


class Stream(Protocol):
    """What follows the changes; ``close`` from another thread ends it."""

    def __iter__(self) -> Iterator[WatchEvent]: ...
    def close(self) -> None: ...


class Engine(Protocol):
    """What the console asks of ``engine.api.client.Client``; may be called from any thread."""

    def board(self, at: str = "") -> Board: ...
    def graph(self) -> GraphView: ...
    def watch(self) -> Stream: ...
    def why(self, subject: str) -> WhyView: ...
    def history(self, change: str = "", limit: int = 100, before: int = 0) -> list[WatchEvent]: ...
    def calendar(self, begin: str = "", end: str = "", environment: str = "") -> CalendarView: ...
    def forecast(self) -> ForecastsView: ...
    def dora(self, environment: str = "", days: float = 30.0) -> DoraView: ...
    def findings(self) -> list[FindingView]: ...
    def plan(self, request: DeployRequest, *, times: bool = False) -> PlanView: ...
    def deploy(self, request: DeployRequest) -> Accepted: ...
    def post(self, path: str, body: Any) -> Any: ...


class Rubbish(Exception):
    """Something answers at the address, and it is not an engine."""


class Feed:
    """Delivers a new ``Picture`` whenever there is something new to see."""

    def __init__(self, engine: Engine, deliver: Callable[[Picture], None], now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._deliver = deliver
        self._now = now
        self._bell = threading.Event()
        self._over = threading.Event()
        self._events: deque[WatchEvent] = deque(maxlen=KEPT_EVENTS)
        self._stream: Stream | None = None
        self._topology: tuple[object, ...] = ()
        self._seen = 0
        self.draw_s = 0.0  # what the last picture took to draw, set by whoever draws

    def start(self) -> None:
        """Starts both threads."""
        for work in (self._fetch, self._follow):
            threading.Thread(target=work, name=f"feed-{work.__name__}", daemon=True).start()

    def stop(self) -> None:
        """Ends both threads; returns at once."""
        self._over.set()
        self._bell.set()
        if self._stream is not None:
            self._stream.close()

    def ring(self) -> None:
        """Asks for a new picture now (after a request of ours)."""
        self._bell.set()

    def _fetch(self) -> None:
        picture = Picture()
        failures = 0
        while not self._over.is_set():
            self._bell.clear()
            begun = monotonic()
            try:
                picture = self._take(picture)
                failures = 0
            except Exception as error:  # noqa: BLE001 - whatever answers there, the last picture is kept
                picture = picture.away(self._now(), str(error))
                self._topology = ()
                failures += 1
            took_s = monotonic() - begun + self.draw_s
            self._deliver(picture)
            self._over.wait(max(INTERVAL_S, min(REST * took_s, REST_MOST_S)))
            self._bell.wait(RETRY_S[min(failures, len(RETRY_S)) - 1] if failures else HEARTBEAT_S)

    def _take(self, last: Picture) -> Picture:
        board = self._engine.board()
        _check_board(board, last.board)
        topology = _topology(board)
        graph = last.graph
        if graph is None or topology != self._topology:
            graph = self._engine.graph()
            _check(graph, GraphView)
            self._topology = topology
        return replace(
            last,
            board=board,
            graph=graph,
            received=self._now(),
            away_since=None,
            problem="",
            events=tuple(self._events),
        )

    def _follow(self) -> None:
        failures = 0
        while not self._over.is_set():
            try:
                self._stream = self._engine.watch()
                for event in self._engine.history(limit=CAUGHT_UP):  # what was missed; the stream goes on from there
                    self._keep(event)
                self._bell.set()
                for event in self._stream:
                    failures = 0
                    self._keep(event)
                    self._bell.set()
            except Exception:  # noqa: BLE001 - the fetching thread says what is wrong; this one tries again
                self._bell.set()
            failures += 1
            self._over.wait(RETRY_S[min(failures, len(RETRY_S)) - 1])

    def _keep(self, event: WatchEvent) -> None:
        """Keeps an event once: history and stream overlap. Progress has no place in the journal (0).
        Raises Rubbish if it is no event."""
        _check(event, WatchEvent)
        if event["seq"] == 0 or event["seq"] > self._seen:
            self._seen = max(self._seen, event["seq"])
            self._events.append(event)


def _topology(board: Board) -> tuple[object, ...]:
    """What must change before the graph is asked for again."""
    engine = board["engine"]
    rows = tuple((row["service"], row["environment"]) for row in board["status"])
    return engine["engine"], engine["epoch"], engine["inventory"], engine["started"], rows


def _check_board(board: Any, last: Board | None) -> None:
    """Raises Rubbish if it is none. A row that is as it was has been looked at before: most of a large estate is."""
    if last is not None and isinstance(board, dict) and isinstance(rows := board.get("status"), list):
        board = {**board, "status": [row for row, old in zip_longest(rows, last["status"][: len(rows)]) if row != old]}
    _check(board, Board)


def _check(answer: object, kind: Any) -> None:
    if wrong := misfit(answer, kind):
        raise Rubbish(f"what answers is not an engine of this version: {kind.__name__}{wrong}")
