"""What is done with the journal, as generators of statements: they yield a statement, are sent
its rows, and know nothing of threads or awaiting.

So the same code runs on aiosqlite in the engine and on plain sqlite3 in the simulation; only
who runs the statements differs (engine.store.sqlite, engine.store.sync).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Collection, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import StoreDamaged, StoreError
from engine.model.event import Recorded
from engine.model.state import State
from engine.store.chain import START, Entry, EventRow, chained
from engine.store.codec import FORMAT, decode_events, decode_state, encode_event, encode_state
from engine.store.protocol import Loaded
from engine.store.queries import Statement, ask, ask_many

Rows = list[tuple[Any, ...]]
T = TypeVar("T")
Operation = Generator[Statement, Rows, T]

CHUNK = 1000  # rows that one statement reads: what a writer may have to wait for
TOP = 1 << 62


@dataclass(frozen=True, slots=True)
class Write:
    """What one caller wants in the next commit: rows of events, a snapshot, an inventory."""

    events: tuple[EventRow, ...] = ()
    snapshot: tuple[int, int, str] | None = None
    inventory: tuple[str, bytes] | None = None


def run(connection: sqlite3.Connection, operation: Operation[T]) -> T:
    """Run an operation to its end, in the calling thread."""
    try:
        statement = next(operation)
        while True:
            try:
                rows = execute(connection, statement)
            except sqlite3.Error as error:
                statement = operation.throw(error)
            else:
                statement = operation.send(rows)
    except StopIteration as stop:
        result: T = stop.value
        return result


def execute(connection: sqlite3.Connection, statement: Statement) -> Rows:
    """Run one statement; the rows it answers with."""
    if statement.many:
        connection.executemany(statement.sql, statement.rows)
        return []
    return connection.execute(statement.sql, statement.rows[0]).fetchall()


def events_to_write(events: Sequence[Recorded], after: int) -> Write:
    """The events as rows; StoreError, with nothing done, if they do not continue ``after``."""
    for expected, recorded in enumerate(events, start=after + 1):
        if recorded.seq != expected:
            raise StoreError(
                f"event {recorded.seq} cannot follow event {expected - 1} in the journal. Nothing was written: this "
                "is a bug of the engine, which has to stop and start again from what the journal holds."
            )
    return Write(events=tuple(encode_event(recorded) for recorded in events))


def snapshot_to_write(seq: int, state: State) -> Write:
    """The state as of ``seq`` as a row."""
    return Write(snapshot=(seq, FORMAT, encode_state(state)))


def inventory_to_write(text: str) -> tuple[str, Write]:
    """An inventory's text as a row, and the digest by which it is asked for."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return digest, Write(inventory=(digest, zlib.compress(text.encode())))


def inventory(digest: str) -> Operation[str | None]:
    """The text that was kept under a digest; None if none was. Raises StoreDamaged if it is another."""
    rows = yield ask("select_inventory", digest)
    if not rows:
        return None
    try:
        text = zlib.decompress(rows[0][0])
    except zlib.error:
        text = b""
    if hashlib.sha256(text).hexdigest() != digest:
        raise StoreDamaged(
            f"the inventory {digest[:12]} in the journal is not what was kept there. Nothing was changed; "
            "a backup has it, and the engine itself does not need it."
        )
    return text.decode()


def commit(writes: Sequence[Write]) -> Operation[None]:
    """All of it in one transaction, in order, or nothing of it."""
    yield ask("begin")
    try:
        rows = tuple(row for write in writes for row in write.events)
        if rows:
            last = yield ask("last_hash")
            before = (last[0][0] if last else None) or START
            yield ask_many("insert_event", chained(before, rows))
        for write in writes:
            if write.inventory is not None:
                yield ask("insert_inventory", *write.inventory)
            if write.snapshot is not None:
                yield ask("insert_snapshot", *write.snapshot)
        if any(write.snapshot is not None for write in writes):
            yield ask("prune_snapshots")
        yield ask("commit")
    except sqlite3.Error:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            yield ask("rollback")
        raise


def load() -> Operation[Loaded]:
    """The newest snapshot that can be read, and every event after it.

    A snapshot that cannot be read is passed over: the one before it, or in the end the
    events alone, say the same. Raises StoreDamaged if events are missing.
    """
    store = (yield ask("select_store"))[0][0]
    last = (yield ask("last_seq"))[0][0]
    seq, state = 0, State(store=store)
    for found, format_, body in (yield ask("select_snapshots")):
        if format_ == FORMAT and found <= last:
            with suppress(ValueError):
                seq, state = found, decode_state(body)
                break
    events = yield from read(after=seq, limit=TOP)
    for expected, recorded in enumerate(events, start=seq + 1):
        if recorded.seq != expected:
            raise StoreDamaged(
                f"event {expected} is missing from the journal. It was left as it is, and the engine does not start "
                "on it; restore the newest backup."
            )
    return Loaded(store, state, seq, tuple(events))


def read(
    *,
    after: int = 0,
    limit: int = CHUNK,
    change: str = "",
    newest: bool = False,
    before: int = 0,
    kinds: Collection[str] = (),
) -> Operation[list[Recorded]]:
    """Events in order, by ``CHUNK`` rows a statement; see engine.store.protocol."""
    found: list[Recorded] = []
    name, scope = _scope(change, kinds)
    bound = (before or TOP) if newest else after
    while limit > len(found):
        size = min(CHUNK, limit - len(found))
        if newest:
            rows = yield ask(f"{name}_before", *scope, after, bound, size)
            found = decode_events(reversed(rows)) + found
        else:
            rows = yield ask(f"{name}_after", *scope, bound, size)
            found += decode_events(rows)
        if len(rows) < size:
            break
        bound = rows[-1][0]
    return found


def entries(*, after: int = 0, limit: int = CHUNK) -> Operation[list[Entry]]:
    """Events past ``after`` in order, as they are kept, with their hashes."""
    found: list[Entry] = []
    while limit > len(found):
        size = min(CHUNK, limit - len(found))
        rows = yield ask("entries_after", found[-1].seq if found else after, size)
        found += [Entry(*row) for row in rows]
        if len(rows) < size:
            break
    return found


def _scope(change: str, kinds: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """The statements' name, and what they are asked with first."""
    if change:
        return "events_of_change", (change,)
    return ("events_of_kinds", (json.dumps(sorted(kinds)),)) if kinds else ("events", ())


def copy_to(file: Path) -> Operation[None]:
    """The whole journal as of now, in a file that must not exist yet."""
    yield ask("copy", str(file))
