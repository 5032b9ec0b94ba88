"""The store's port: an append-only journal of events with snapshots of the state.

The real one is SQLite through aiosqlite; the simulator's is the same SQL on synchronous
sqlite3, since a thread would break virtual time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.model.event import Recorded
from engine.model.state import State
from engine.store.chain import Entry


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a journal holds at opening: the newest snapshot's state (as of ``seq``), and the
    events after it, in order. ``store`` is the journal's own id, made when it was created."""

    store: str
    state: State
    seq: int
    events: tuple[Recorded, ...]


class Store(Protocol):
    """One journal, held by one engine."""

    async def load(self) -> Loaded:
        """Read the newest snapshot and what came after it."""

    async def append(self, events: Sequence[Recorded]) -> None:
        """Make events durable, in order; ``seq`` must continue the journal without a gap.
        Returns only when they are on disk. Concurrent calls share one commit."""

    async def save_snapshot(self, seq: int, state: State) -> None:
        """Keep the state as of ``seq``, so that start-up does not grow with history."""

    async def read(
        self,
        *,
        after: int = 0,
        limit: int = 1000,
        change: str = "",
        newest: bool = False,
        before: int = 0,
        kinds: Collection[str] = (),
    ) -> list[Recorded]:
        """Events past ``after`` in order, or with ``newest`` the last ``limit`` of them (still
        oldest first; ``before``: of those before that one). ``change`` limits them to one
        change, else ``kinds`` to events of these classes."""

    async def entries(self, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Events past ``after`` in order, as they are kept: with the hashes that chain them."""

    async def keep_inventory(self, text: str) -> str:
        """Keep an inventory's text, once however often it is given; the digest it is known by."""

    async def inventory(self, digest: str) -> str | None:
        """The text kept under a digest, None if none was. Raises StoreDamaged if it was changed."""

    async def copy_to(self, file: Path) -> None:
        """Write a copy of the journal as of now into a new file. Raises StoreError."""

    async def close(self) -> None:
        """Finish what was accepted, and let go of the file."""
