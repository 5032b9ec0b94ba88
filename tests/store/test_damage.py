"""Damaged and foreign files are refused with a sentence and left as they are; a full disk and
any failing call stop the store before it acknowledges anything that is not kept."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreDamaged, StoreError
from engine.model.state import State
from engine.store import opening
from engine.store.sqlite import SqliteStore
from engine.store.sync import SyncStore
from tests.store.journals import recorded


@pytest.fixture
async def journal(tmp_path: Path) -> Path:
    """A journal of 500 events, closed."""
    store = SyncStore.open(tmp_path)
    await store.append(recorded(1, 500))
    await store.close()
    return tmp_path / "journal.db"


async def refused(journal: Path, match: str) -> None:
    before = journal.read_bytes()
    with pytest.raises(StoreDamaged, match=match):
        await SqliteStore.open(journal.parent)
    with pytest.raises(StoreDamaged, match=match):
        SyncStore.open(journal.parent)
    assert journal.read_bytes() == before


def overwrite(file: Path, place: int, data: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(place)
        opened.write(data)


async def test_a_damaged_header(journal: Path) -> None:
    overwrite(journal, 0, b"SQLite format 4\0")
    await refused(journal, "header")


async def test_a_file_that_is_something_else(journal: Path) -> None:
    journal.write_bytes(b"hello" * 1000)
    await refused(journal, "header")


async def test_a_foreign_database(journal: Path) -> None:
    journal.unlink()
    with sqlite3.connect(journal) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    await refused(journal, "not a journal of Interlock")


@pytest.mark.parametrize("page", [2, 5, 9, 14])
async def test_a_flipped_page(journal: Path, page: int) -> None:
    overwrite(journal, (page - 1) * 4096, bytes(255 - b for b in journal.read_bytes()[(page - 1) * 4096 :][:4096]))
    await refused(journal, "damaged")


async def test_a_cut_file(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes()[: 6 * 4096])
    await refused(journal, "damaged|malformed")


async def test_a_large_journal_is_checked_where_start_up_needs_it(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "CHECKED_WHOLE_BYTES", 4096)
    asked: list[str] = []
    monkeypatch.setattr(opening, "ask", lambda name, *values: asked.append(name) or real_ask(name, *values))
    store = SyncStore.open(journal.parent)
    store.abandon()
    assert "check_all" not in asked
    assert {"check_journal", "check_snapshots"} <= set(asked)


real_ask = opening.ask


class Full(sqlite3.Connection):
    """A disk with room for 20 pages."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.execute("PRAGMA max_page_count = 20")


async def append_until_refused(store: SqliteStore) -> int:
    """Append ten at a time; the number of events that were acknowledged."""
    kept = 0
    with suppress(StoreError):
        while True:
            await store.append(recorded(kept + 1, kept + 10))
            kept += 10
    return kept


async def test_a_full_disk_stops_the_store_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, factory=Full)
    kept = await append_until_refused(store)
    assert kept > 0
    with pytest.raises(StoreError, match=r"full.*stop this engine"):
        await store.append(recorded(kept + 1, kept + 1))
    with pytest.raises(StoreError, match="full"):
        await store.save_snapshot(kept, State())
    await store.close()
    store = await SqliteStore.open(tmp_path)
    assert await store.read() == recorded(1, kept)
    await store.append(recorded(kept + 1, kept + 10))
    await store.close()


class Failing(sqlite3.Connection):
    """Fails the call numbered ``fails_at`` (from 1), and no other."""

    fails_at = 0
    calls = 0

    def _count(self) -> None:
        Failing.calls += 1
        if Failing.calls == Failing.fails_at:
            raise sqlite3.OperationalError("disk I/O error")

    def execute(self, *args: Any) -> sqlite3.Cursor:
        self._count()
        return super().execute(*args)

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        self._count()
        return super().executemany(*args)


async def use(folder: Path, acknowledged: list[int], *, is_async: bool) -> None:
    store: Any = (
        await SqliteStore.open(folder, factory=Failing) if is_async else SyncStore.open(folder, factory=Failing)
    )
    try:
        loaded = await store.load()
        first = loaded.seq + len(loaded.events) + 1
        for seq in range(first, first + 3):
            await store.append(recorded(seq, seq))
            acknowledged.append(seq)
        await store.save_snapshot(first, State(epoch=first))
        await store.append(recorded(first + 3, first + 3))
        acknowledged.append(first + 3)
    finally:
        await store.close()


@pytest.mark.parametrize("is_async", [True, False], ids=["aiosqlite", "sqlite3"])
async def test_whichever_call_fails_nothing_acknowledged_is_lost(tmp_path: Path, is_async: bool) -> None:
    """The Nth call fails, for all N, from the very first opening: an error, never a wrong end."""
    failures = 0
    for nth in range(1, 1000):
        folder = tmp_path / str(nth)
        acknowledged: list[int] = []
        Failing.calls, Failing.fails_at = 0, nth
        try:
            await use(folder, acknowledged, is_async=is_async)
        except StoreError:
            failures += 1
        survived = Failing.calls < nth
        Failing.fails_at = 0
        await use(folder, acknowledged, is_async=is_async)
        store = SyncStore.open(folder)
        events = await store.read()
        store.abandon()
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert set(acknowledged) <= {event.seq for event in events}
        if survived:
            break
    assert survived
    assert failures == nth - 1 > 30
