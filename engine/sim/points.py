"""Points where an engine can be stopped: named, counted, before and after everything that leaves it, which
are its commits and its calls. They sit in the two ports, so that the engine's own code has none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random

from engine.model.event import Recorded
from engine.model.remote import Command, Reply
from engine.model.state import State
from engine.sim.host import SimHost
from engine.sim.link import Link, SimTransport
from engine.store.sync import SyncStore


class Points:
    """Counts the points that are passed; at the ``stop_at``-th (from 1; 0: never) calls ``stop``, once,
    and lets nothing of what was stopped go on."""

    def __init__(self, stop_at: int = 0, stop: Callable[[], None] = lambda: None) -> None:
        self.passed: list[str] = []
        self._stop_at = stop_at
        self._stop = stop

    def reach(self, name: str) -> None:
        """One point. Raises CancelledError in the task that is stopped in it."""
        self.passed.append(name)
        if len(self.passed) == self._stop_at:
            self._stop()
            raise asyncio.CancelledError(name)


class PointedStore(SyncStore):
    """The journal with a point before and after each commit; a subclass for each run holds its points."""

    points = Points()

    async def append(self, events: Sequence[Recorded]) -> None:
        """As the store's."""
        if not events:
            return
        kinds = ", ".join(dict.fromkeys(type(recorded.event).__name__ for recorded in events))
        self.points.reach(f"before the commit of {kinds}")
        await super().append(events)
        self.points.reach(f"after the commit of {kinds}")

    async def save_snapshot(self, seq: int, state: State) -> None:
        """As the store's."""
        self.points.reach("before a snapshot")
        await super().save_snapshot(seq, state)
        self.points.reach("after a snapshot")


class PointedTransport(SimTransport):
    """The way to the hosts with a point before each call is sent, and before its answer is heard."""

    def __init__(self, hosts: Mapping[str, SimHost], links: Mapping[str, Link], random: Random, points: Points) -> None:
        super().__init__(hosts, links, random)
        self._points = points

    async def run(self, host: str, command: Command) -> Reply:
        """As the transport's."""
        self._points.reach(f"before {command.verb} on {host}")
        reply = await super().run(host, command)
        self._points.reach(f"after {command.verb} on {host}")
        return reply
