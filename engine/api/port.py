"""What the server needs of the engine: the seam between HTTP and the loop.

``engine.runtime.Engine`` fulfils it. Everything here is called on the engine's own event
loop, so what is read between two awaits belongs together.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from engine.api.protocol import EngineView
from engine.model.access import JournalCopied, RequestTurnedDown
from engine.model.forecast import Forecast
from engine.model.names import PlacementId
from engine.model.request import Outcome, Request
from engine.model.snapshot import Plan, Snapshot
from engine.runtime.kept import Arriving
from engine.runtime.watchers import News
from engine.store.protocol import Store
from engine.transport.protocol import Transport


class Activity(Protocol):
    """How far a step is that is being carried out now; kept nowhere.

    ``phase``: intended, staging, uploading, switching or confirming; ``log``: what came so far.
    """

    @property
    def phase(self) -> str:
        """The phase of the step."""

    @property
    def log(self) -> Sequence[str]:
        """Lines written so far."""


class Port(Protocol):
    """The engine, as the server sees it."""

    @property
    def snapshot(self) -> Snapshot:
        """The world as the loop last saw it."""

    @property
    def plan(self) -> Plan:
        """What was decided about it; waits are stamped with their ``since``."""

    @property
    def activity(self) -> Mapping[str, Activity]:
        """The steps being carried out now, by name."""

    @property
    def store(self) -> Store:
        """The journal, to read."""

    @property
    def transport(self) -> Transport:
        """How hosts are reached; asked for latencies only."""

    def info(self) -> EngineView:
        """The engine itself; ``you`` is filled in by the server."""

    async def submit(self, request: Request) -> Outcome:
        """Carry out a request; it is durable when this returns. Raises RequestRefused or
        UsageError, and then nothing has changed."""

    async def keep_artifact(self, arriving: Arriving, pieces: AsyncIterator[bytes]) -> None:
        """Keep a file that comes with a request. Raises RequestRefused, and then nothing is kept."""

    def note(self, event: RequestTurnedDown | JournalCopied) -> None:
        """Note in the journal that somebody was not let in, or took a copy of it."""

    def watch(self) -> AsyncIterator[News]:
        """Events and phases from the moment of this call on."""

    async def forecast(self, snapshot: Snapshot) -> Forecast | None:
        """What is foreseen, worked out beside the loop; None if it could not be had in time."""

    async def probe(self, hosts: Sequence[str]) -> object:
        """Look at these hosts now."""

    async def refresh_catalog(self) -> None:
        """Look again which artifacts there are."""

    async def service_log(self, placement: PlacementId, lines: int) -> Sequence[str]:
        """The last lines that a service wrote on its host. Raises TransportError."""
