"""The change stream: one line of JSON for each event, for as long as the client listens.

Each watcher has a queue of its own with a limit. One that does not read is cut when its
queue is full, by aborting its connection: closing it would wait for the buffer to drain,
which is the one thing that will not happen.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from engine.api.narrative import tell
from engine.api.protocol import WatchEvent
from engine.runtime.watchers import News

QUEUE_LIMIT = 5000
Wanted = Callable[[WatchEvent], bool]


class Lines(Response):
    """Newline-delimited JSON."""

    media_type = "application/x-ndjson"


class EventStream(Lines):
    """The answer to ``/v1/watch``: first ``replay``, then ``events`` until either side ends.

    ``stopping`` ends it when the server stops; ``limit`` is how many lines may lie unread.
    """

    def __init__(
        self,
        events: AsyncIterator[News],
        replay: Sequence[WatchEvent],
        wanted: Wanted,
        stopping: asyncio.Event,
        limit: int = QUEUE_LIMIT,
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._events = events
        self._wanted = wanted
        self._stopping = stopping
        self._limit = limit
        self._last = max((event["seq"] for event in replay), default=0)
        self._queue = deque(_line(event) for event in replay if wanted(event))
        self._wake = asyncio.Event()
        self._ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream; returns when it is over, whoever ended it."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        tasks = [
            asyncio.create_task(self._pump(scope["state"]["transport"])),
            asyncio.create_task(self._send(send)),
            asyncio.create_task(_gone(receive)),
            asyncio.create_task(self._stopping.wait()),
        ]
        _, sender, gone, stopping = tasks
        try:
            await asyncio.wait([sender, gone, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if close := getattr(self._events, "aclose", None):
                with suppress(Exception):
                    await close()
        if not gone.done() or gone.cancelled():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, transport: asyncio.Transport) -> None:
        """Take events as they come, whether or not the client reads."""
        try:
            async for news in self._events:
                event, line = _told(news)
                if (event["seq"] and event["seq"] <= self._last) or not self._wanted(event):
                    continue
                self._queue.append(line)
                if len(self._queue) > self._limit:
                    self._queue.clear()
                    transport.abort()
                    return
                self._wake.set()
        finally:
            self._ended = True
            self._wake.set()

    async def _send(self, send: Send) -> None:
        while True:
            while self._queue:
                lines = b"".join(self._queue.popleft() for _ in range(min(len(self._queue), 64)))
                await send({"type": "http.response.body", "body": lines, "more_body": True})
            if self._ended:
                return
            await self._wake.wait()
            self._wake.clear()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


# The newest news by identity, told: every watcher is told the same, and there may be many.
_TOLD: dict[int, tuple[News, WatchEvent, bytes]] = {}
_TOLD_AT_MOST = 256


def _told(news: News) -> tuple[WatchEvent, bytes]:
    """News in words, and its line."""
    known = _TOLD.get(id(news))
    if known is None or known[0] is not news:
        if len(_TOLD) >= _TOLD_AT_MOST:
            del _TOLD[next(iter(_TOLD))]
        event = tell(news)
        known = _TOLD[id(news)] = news, event, _line(event)
    return known[1], known[2]


def _line(event: WatchEvent) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode("ascii") + b"\n"
