"""Where the server meets the engine: a running ``Engine`` as the server's ``Port``, with what
only its process knows (which inventory it was given, how late its loop wakes).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.api.port import Activity
from engine.api.protocol import EngineView
from engine.api.times import when
from engine.model.access import JournalCopied, RequestTurnedDown
from engine.model.forecast import Forecast
from engine.model.names import PlacementId
from engine.model.request import Outcome, Request
from engine.model.snapshot import Plan, Snapshot
from engine.plan.retaining import needed_artifacts
from engine.runtime.engine import Engine
from engine.runtime.forecaster import Forecaster
from engine.runtime.kept import Arriving, Kept
from engine.runtime.lag import Lag
from engine.runtime.watchers import News
from engine.store.protocol import Store
from engine.transport.protocol import Transport


def installed_version() -> str:
    """The version of this installation."""
    try:
        return version("interlock")
    except PackageNotFoundError:
        return "unknown"


KEPT_TIMES = 5  # what came with requests may take so many times the largest artifact


class Desk:
    """Fulfils ``engine.api.port.Port``."""

    def __init__(self, engine: Engine, inventory: Path, lag: Lag, forecaster: Forecaster, kept: Kept) -> None:
        self._engine = engine
        self._kept = kept
        self._forecaster = forecaster
        self._inventory = inventory
        self._lag = lag
        self._version = installed_version()

    @property
    def snapshot(self) -> Snapshot:
        """The world as the journal holds it."""
        return self._engine.snapshot

    @property
    def plan(self) -> Plan:
        """The newest plan."""
        return self._engine.plan

    @property
    def activity(self) -> Mapping[str, Activity]:
        """The steps at work."""
        return self._engine.activity

    @property
    def store(self) -> Store:
        """The journal."""
        return self._engine.store

    @property
    def transport(self) -> Transport:
        """How hosts are reached."""
        return self._engine.transport

    def info(self) -> EngineView:
        """The engine itself."""
        engine, snapshot = self._engine, self._engine.snapshot
        return {
            "organization": snapshot.inventory.organization,
            "version": self._version,
            "engine": engine.name,
            "epoch": snapshot.state.epoch,
            "pid": os.getpid(),
            "started": when(engine.started),
            "now": when(snapshot.now),
            "inventory": str(self._inventory.resolve()),
            "paused_by": snapshot.state.paused_by,
            "draining": snapshot.draining,
            "lag_ms": round(self._lag.last_ms, 1),
            "busy": len(engine.activity),
            "waiting": len(engine.plan.waits),
            "seq": engine.seq,
            "you": "",
            "roles": [],
        }

    async def submit(self, request: Request) -> Outcome:
        """Carry out a request."""
        return await self._engine.submit(request)

    async def refresh_catalog(self) -> None:
        """Look again which artifacts there are, so that a preview sees today's."""
        await self._engine.refresh_catalog()

    async def keep_artifact(self, arriving: Arriving, pieces: AsyncIterator[bytes]) -> None:
        """Keep a file that comes with a request, and let go of those that nobody needs any more."""
        largest = self.snapshot.inventory.storage.largest_bytes
        await self._kept.take(arriving, pieces, largest)
        needed = needed_artifacts(self.snapshot.state) | {(arriving.service, arriving.version)}
        await self._kept.collect(needed, KEPT_TIMES * largest)

    def note(self, event: RequestTurnedDown | JournalCopied) -> None:
        """Note in the journal that somebody was not let in, or took a copy of it."""
        self._engine.deliver(event)

    def watch(self) -> AsyncIterator[News]:
        """Events and phases from now on."""
        return self._engine.watch()

    async def forecast(self, snapshot: Snapshot) -> Forecast | None:
        """What is foreseen, worked out in a process beside this one."""
        return await self._forecaster.forecast(snapshot)

    async def probe(self, hosts: Sequence[str]) -> object:
        """Look at these hosts now."""
        return await self._engine.probe(hosts)

    async def service_log(self, placement: PlacementId, lines: int) -> Sequence[str]:
        """The last lines that a service wrote on its host."""
        return await self._engine.service_log(placement, lines)
