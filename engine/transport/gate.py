"""How many commands may run on one connection at a time: a semaphore that learns.

sshd does not say what its MaxSessions is; it refuses the channel that is one too many and
keeps the link. So the limit starts at what is usual and comes down to what was seen to work.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from types import TracebackType


class Gate:
    """At most ``limit`` holders; the others wait in the order in which they came.

    ``open`` counts the holders whose channel was granted.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.open = 0
        self._most = 0
        self._held = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    def granted(self) -> None:
        """The server opened one more channel."""
        self.open += 1
        self._most = max(self._most, self.open)

    def closed(self) -> None:
        """A channel that was granted is closed."""
        self.open -= 1

    def refused(self) -> None:
        """The server would not open one more: from now on ask for no more than it ever granted
        at a time (not: than are open now, for one may just have closed)."""
        self.limit = max(1, min(self.limit, self._most))

    async def __aenter__(self) -> None:
        if self._held < self.limit and not self._queue:
            self._held += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            else:
                with contextlib.suppress(ValueError):
                    self._queue.remove(turn)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._held -= 1
        while self._queue and self._held < self.limit:
            turn = self._queue.popleft()
            if not turn.done():
                self._held += 1
                turn.set_result(None)
