"""The engine's journal: SQLite through aiosqlite, one connection, one task that writes.

Everything that concurrent callers append while a commit is under way goes into the next one
(group commit: the disk is waited for once). A commit that fails leaves the journal's end in
doubt, so from then on the store refuses to append until it is opened again: an engine must
not go on with a journal that it does not know.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

import aiosqlite

from engine.collector import collector_paused
from engine.errors import StoreError
from engine.model.event import Recorded
from engine.model.state import State
from engine.store import operations
from engine.store.chain import Entry
from engine.store.failure import NOT_CHANGED, NOT_WRITTEN, again, explain, not_copied
from engine.store.folder import Held, hold
from engine.store.opening import check_header, prepare
from engine.store.operations import Operation, Rows, T, Write
from engine.store.protocol import Loaded
from engine.store.queries import Migration, Statement, migrations


class SqliteStore:
    """One journal through aiosqlite; implements engine.store.protocol.Store.

    A cancelled ``append`` is still written: its place in the order was given already.
    """

    def __init__(self, held: Held, connection: _Connection) -> None:
        self._held = held
        self._connection = connection
        self._last = 0
        self._broken: StoreError | None = None
        self._closing = False
        self._pending: list[tuple[Write, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # a read must not see what a transaction has not committed
        self._writer: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
        known: Sequence[Migration] = (),
    ) -> SqliteStore:
        """Lock the folder, check the journal, make or migrate it, start the writer.

        ``factory`` and ``known`` are for tests: another connection class, other migrations.
        Raises StoreLocked, StoreDamaged or StoreError; then nothing was changed.
        """
        held = hold(folder)
        connection: _Connection | None = None
        try:
            check_header(held.journal)
            connection = _Connection(held.journal, factory)
            await connection
            opened = cls(held, connection)
            preparing = prepare(held.journal, secrets.token_hex(8), known or migrations(), durable=True)
            opened._last = await connection.run(preparing)
        except BaseException as error:
            if connection is not None:
                await connection.close()
            held.let_go()
            if isinstance(error, sqlite3.Error):
                raise explain(error, held.journal, NOT_CHANGED) from error
            raise
        opened._writer = asyncio.create_task(opened._write_groups(), name="journal writer")
        return opened

    async def load(self) -> Loaded:
        """Read the newest snapshot and what came after it."""
        with collector_paused():
            return await self._read(operations.load())

    async def append(self, events: Sequence[Recorded]) -> None:
        """Make events durable; returns when they are on disk, together with others' if any."""
        self._refuse_if_unusable()
        if not events:
            return
        write = operations.events_to_write(events, self._last)
        self._last = events[-1].seq
        await self._enqueue(write)

    async def save_snapshot(self, seq: int, state: State) -> None:
        """Keep the state as of ``seq``; the newest two are kept."""
        self._refuse_if_unusable()
        await self._enqueue(operations.snapshot_to_write(seq, state))

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
        """Events past ``after``; a long reading lets writers in between. See the protocol."""
        return await self._read(
            operations.read(after=after, limit=limit, change=change, newest=newest, before=before, kinds=kinds)
        )

    async def entries(self, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Events as they are kept, for the audit."""
        return await self._read(operations.entries(after=after, limit=limit))

    async def keep_inventory(self, text: str) -> str:
        """Keep an inventory's text; its digest."""
        self._refuse_if_unusable()
        digest, write = await asyncio.to_thread(operations.inventory_to_write, text)
        await self._enqueue(write)
        return digest

    async def inventory(self, digest: str) -> str | None:
        """The text kept under a digest."""
        return await self._read(operations.inventory(digest))

    async def copy_to(self, file: Path) -> None:
        """A copy as of now, whole and by itself; who writes meanwhile waits. Raises StoreError."""
        try:
            async with self._turn:
                await self._connection.run(operations.copy_to(file))
        except sqlite3.Error as error:
            raise not_copied(error, file) from error

    async def close(self) -> None:
        """Finish what was accepted, and let go of the file; doing so twice does nothing."""
        if self._closing:
            return
        self._closing = True
        self._wake.set()
        if self._writer is not None:
            await self._writer
        try:
            await self._connection.close()
        finally:
            self._held.let_go()

    def _refuse_if_unusable(self) -> None:
        if self._broken is not None:
            raise again(self._broken)
        if self._closing:
            raise StoreError(f"the journal {self._held.journal} is closed; nothing was written")

    async def _enqueue(self, write: Write) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((write, done))
        self._wake.set()
        await done

    async def _write_groups(self) -> None:
        while self._pending or not self._closing:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                group, self._pending = self._pending, []
                await self._write_group(group)
            if self._closing:
                return

    async def _write_group(self, group: list[tuple[Write, asyncio.Future[None]]]) -> None:
        if self._broken is None:
            try:
                async with self._turn:
                    await self._connection.run(operations.commit([write for write, _ in group]))
            except Exception as error:  # noqa: BLE001 - whatever it is, no caller may wait for ever
                self._broken = explain(error, self._held.journal, NOT_WRITTEN)
                self._broken.__cause__ = error
        for _, done in group:
            if done.done():
                continue  # its caller was cancelled
            if self._broken is None:
                done.set_result(None)
            else:
                done.set_exception(again(self._broken))

    async def _read(self, operation: Operation[T]) -> T:
        """Statement by statement, so that the writer gets in between."""
        try:
            statement = next(operation)
            while True:
                async with self._turn:
                    rows = await self._connection.run(_once(statement))
                statement = operation.send(rows)
        except StopIteration as stop:
            result: T = stop.value
            return result
        except sqlite3.Error as error:
            raise explain(error, self._held.journal, "Nothing was changed.") from error


def _once(statement: Statement) -> Operation[Rows]:
    return (yield statement)


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection, which can also run a whole operation in one visit to its thread: a
    transaction of three statements costs one, not three."""

    def __init__(self, file: Path, factory: type[sqlite3.Connection]) -> None:
        super().__init__(lambda: sqlite3.connect(file, isolation_level=None, factory=factory), 64)
        self._thread.daemon = True  # an engine that dies of an error must not wait for its thread

    async def run(self, operation: Operation[T]) -> T:
        """As operations.run, in the connection's thread."""
        result: T = await self._execute(operations.run, self._conn, operation)  # type: ignore[no-untyped-call]
        return result
