"""Keeps the forecast up to date: whenever the queue or what rolls looks different, and not more
often than every few seconds, a new one is made beside the loop and handed to the engine, which
publishes what is new in it.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from engine.model.forecast import Forecast
from engine.model.snapshot import Snapshot
from engine.runtime.engine import Engine

LOOK_S = 0.5
EVERY_S = 5.0


class Forecasts(Protocol):
    """Who makes forecasts."""

    async def forecast(self, snapshot: Snapshot) -> Forecast | None:
        """What is foreseen; None if it could not be had in time."""


async def foresee(engine: Engine, forecasts: Forecasts, every_s: float = EVERY_S) -> None:
    """Run until cancelled."""
    known: object = ()
    while True:
        await asyncio.sleep(LOOK_S)
        snapshot = engine.snapshot
        now = _picture(snapshot)
        if now == known or snapshot.draining:
            continue
        known = now
        if now:
            found = await forecasts.forecast(snapshot)
            if found is not None:
                engine.deliver(found)
            await asyncio.sleep(max(0.0, every_s - LOOK_S))


def _picture(snapshot: Snapshot) -> tuple[object, ...]:
    """What a forecast depends on, without what only time changes."""
    return tuple(
        (
            change.id,
            change.status,
            change.paused_by,
            snapshot.state.paused_by,
            tuple((item.status, sum(1 for move in item.moves.values() if move.finished)) for item in change.items),
        )
        for change in snapshot.state.unfinished()
    )
