"""Everyone who listens to the engine: each gets every event from when it began to listen, in
order, and the phases of steps, which are not kept. A listener that does not read loses its
place and is told so; the engine never waits for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from engine.model.event import Recorded
from engine.model.names import PlacementId

QUEUE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Progress:
    """A step entered a phase; kept nowhere."""

    at: datetime
    change: str
    placement: PlacementId
    step: str
    phase: str


News = Recorded | Progress


class Watchers:
    """The listeners of one engine."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[News | None]] = set()

    def publish(self, news: News) -> None:
        """Give the news to everybody; a listener whose queue is full is cut off."""
        for queue in list(self._queues):
            if queue.full():
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(news)

    def listen(self) -> AsyncIterator[News]:
        """News from this call on, until the engine closes or the listener falls too far behind."""
        queue: asyncio.Queue[News | None] = asyncio.Queue(QUEUE_LIMIT)
        self._queues.add(queue)
        return self._drain(queue)

    async def _drain(self, queue: asyncio.Queue[News | None]) -> AsyncIterator[News]:
        try:
            while (news := await queue.get()) is not None:
                yield news
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """End every listener's stream after what it has not read yet."""
        for queue in self._queues:
            if not queue.full():
                queue.put_nowait(None)
        self._queues.clear()
