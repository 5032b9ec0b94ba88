"""The board as JSON, made once for each moment, however many consoles ask for it. That of a large estate takes
longer than the loop may be held, and is made beside it: all that it is made from is frozen.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from engine.api.graph import external_views
from engine.api.moment import Moment
from engine.api.protocol import EngineView
from engine.api.settled import Settled
from engine.api.views import change_views, host_views, status_rows

LARGE = 100  # services and hosts from which on it is made in a thread
_Key = tuple[Moment, tuple[tuple[str, str, int], ...]]


class Boards:
    """The newest board. ``settled`` keeps the views of finished changes."""

    def __init__(self, settled: Settled) -> None:
        self._settled = settled
        self._key: _Key | None = None
        self._made: asyncio.Future[bytes] | None = None

    async def body(self, moment: Moment, engine: EngineView, latency_ms: Callable[[str], float | None]) -> bytes:
        """The board of a moment, under the head that is the asker's own."""
        phases = tuple((step, at.phase, len(at.log)) for step, at in moment.activity.items())
        is_known = self._key is not None and self._key[0] is moment and self._key[1] == phases
        if self._made is None or not is_known:
            self._key, self._made = (moment, phases), self._make(moment, latency_ms)
        return b'{"engine":' + _json(engine) + b"," + (await asyncio.shield(self._made))[1:]

    def _make(self, moment: Moment, latency_ms: Callable[[str], float | None]) -> asyncio.Future[bytes]:
        inventory, loop = moment.snapshot.inventory, asyncio.get_running_loop()
        # Here, not in the thread: what it keeps is the loop's.
        changes = change_views(moment, self._settled)

        def make() -> bytes:
            return _json(
                {
                    "status": status_rows(moment, inventory.instances()),
                    "externals": external_views(moment.snapshot),
                    "changes": changes,
                    "hosts": host_views(moment, latency_ms),
                }
            )

        if len(inventory.services) + len(inventory.hosts) >= LARGE:
            return asyncio.ensure_future(asyncio.to_thread(make))
        made: asyncio.Future[bytes] = loop.create_future()
        made.set_result(make())
        return made


def _json(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode("ascii")
