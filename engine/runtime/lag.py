"""How late the event loop wakes: the plainest sign that something holds it."""

from __future__ import annotations

import asyncio

EVERY_S = 0.5


class Lag:
    """Measures for as long as ``measure`` runs; ``last_ms`` is the newest reading."""

    def __init__(self) -> None:
        self.last_ms = 0.0

    async def measure(self) -> None:
        """Sleep, and see by how much too long."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)
            self.last_ms = max(0.0, (loop.time() - due) * 1000)
