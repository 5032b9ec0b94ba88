"""The store on synchronous sqlite3, for the simulation: a thread would break virtual time.

Same SQL, same codec, same checks as the real one; only the running of statements differs.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from engine.errors import StoreError
from engine.model.event import Recorded
from engine.model.state import State
from engine.store import operations
from engine.store.chain import Entry
from engine.store.failure import NOT_CHANGED, NOT_WRITTEN, again, explain, not_copied
from engine.store.folder import Held, hold
from engine.store.opening import check_header, prepare
from engine.store.operations import Operation, T
from engine.store.protocol import Loaded
from engine.store.queries import Migration, migrations


class SyncStore:
    """One journal through sqlite3; implements engine.store.protocol.Store without ever awaiting."""

    def __init__(self, held: Held, connection: sqlite3.Connection) -> None:
        self._held = held
        self._connection = connection
        self._last = 0
        self._broken: StoreError | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        store: str = "",
        durable: bool = True,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
        known: Sequence[Migration] = (),
    ) -> SyncStore:
        """Lock, check, migrate; ``store`` is the id of a journal made now ("" = a fresh one).

        Not ``durable``: commits survive the process, not the machine. Raises StoreLocked,
        StoreDamaged or StoreError.
        """
        held = hold(folder)
        connection: sqlite3.Connection | None = None
        try:
            check_header(held.journal)
            connection = sqlite3.connect(held.journal, isolation_level=None, factory=factory)
            opened = cls(held, connection)
            preparing = prepare(held.journal, store or secrets.token_hex(8), known or migrations(), durable=durable)
            opened._last = operations.run(connection, preparing)
        except BaseException as error:
            if connection is not None:
                connection.close()
            held.let_go()
            if isinstance(error, sqlite3.Error):
                raise explain(error, held.journal, NOT_CHANGED) from error
            raise
        return opened

    async def load(self) -> Loaded:
        """Read the newest snapshot and what came after it."""
        return self._read(operations.load())

    async def append(self, events: Sequence[Recorded]) -> None:
        """Make events durable; after a failure every later call fails the same way."""
        self._refuse_if_broken()
        if not events:
            return
        self._write(operations.events_to_write(events, self._last))
        self._last = events[-1].seq

    async def save_snapshot(self, seq: int, state: State) -> None:
        """Keep the state as of ``seq``; the newest two are kept."""
        self._refuse_if_broken()
        self._write(operations.snapshot_to_write(seq, state))

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
        """Events past ``after``; see engine.store.protocol."""
        return self._read(
            operations.read(after=after, limit=limit, change=change, newest=newest, before=before, kinds=kinds)
        )

    async def entries(self, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Events as they are kept, for the audit."""
        return self._read(operations.entries(after=after, limit=limit))

    async def keep_inventory(self, text: str) -> str:
        """Keep an inventory's text; its digest."""
        self._refuse_if_broken()
        digest, write = operations.inventory_to_write(text)
        self._write(write)
        return digest

    async def inventory(self, digest: str) -> str | None:
        """The text kept under a digest."""
        return self._read(operations.inventory(digest))

    async def copy_to(self, file: Path) -> None:
        """A copy as of now."""
        try:
            operations.run(self._connection, operations.copy_to(file))
        except sqlite3.Error as error:
            raise not_copied(error, file) from error

    async def close(self) -> None:
        """Let go of the file."""
        self.abandon()

    def abandon(self) -> None:
        """What the end of the process does: the connection goes, and with it the lock."""
        self._connection.close()
        self._broken = self._broken or StoreError("the journal is closed")
        self._held.let_go()

    def _refuse_if_broken(self) -> None:
        if self._broken is not None:
            raise again(self._broken)

    def _write(self, write: operations.Write) -> None:
        try:
            operations.run(self._connection, operations.commit([write]))
        except sqlite3.Error as error:
            self._broken = explain(error, self._held.journal, NOT_WRITTEN)
            raise self._broken from error

    def _read(self, operation: Operation[T]) -> T:
        try:
            return operations.run(self._connection, operation)
        except sqlite3.Error as error:
            raise explain(error, self._held.journal, "Nothing was changed.") from error
