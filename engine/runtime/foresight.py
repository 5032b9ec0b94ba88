"""Keeps the forecast up to date: whenever anything that a forecast looks at is different, or the
last one has come to its first end, and not more often than every few seconds, a new one is made
beside the loop and handed to the engine, which publishes what is new in it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from engine.model.change import Change
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
    expires: datetime | None = None
    while True:
        await asyncio.sleep(LOOK_S)
        snapshot = engine.snapshot
        now = picture(snapshot)
        if snapshot.draining or (now == known and not (expires and snapshot.now >= expires)):
            continue
        known, expires = now, None
        if snapshot.state.unfinished():
            found = await forecasts.forecast(snapshot)
            if found is not None:
                engine.deliver(found)
                expires = min((leg.end for leg in found.legs if leg.end > snapshot.now), default=None)
            await asyncio.sleep(max(0.0, every_s - LOOK_S))


def picture(snapshot: Snapshot) -> tuple[object, ...]:
    """Everything that a forecast depends on, without what only time changes, what services say of
    themselves, and the forecasts themselves."""
    state = snapshot.state
    return (
        tuple(_of_change(change) for change in state.unfinished()),
        state.paused_by,
        tuple((host.host, host.reach, host.fenced) for host in state.hosts.values()),
        tuple((alarm, seen.verdict) for alarm, seen in state.alarms.items()),
        tuple(known for known in state.instances.values() if known.held_by or known.bad),
        snapshot.inventory,
        snapshot.catalog,
    )


def _of_change(change: Change) -> tuple[object, ...]:
    """A change without its forecasts: who asks what, what was consented, how far it has come."""
    rollouts = (
        (item.status, item.shut_by, item.retries, sum(1 for move in item.moves.values() if move.finished))
        for item in change.items
    )
    return (replace(change, items=(), foreseen=None, promised=None), *rollouts)
