"""The journal: events made durable per second beside raw SQLite inserts in the same run, and how
long an engine takes to start from 100,000 events, from a snapshot or from all of them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from engine.model.event import HostSeen, Recorded
from engine.model.observation import Reach
from engine.plan.evolve import fold
from engine.store.sqlite import SqliteStore

TITLE = "The journal: durable events a second against raw inserts; start from 100,000 events"
WRITERS, ROUNDS, HISTORY = 100, 40, 100_000
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def _events(first: int, count: int) -> list[Recorded]:
    return [
        Recorded(seq, NOW, seq / 10, HostSeen(f"h{seq % 500}", Reach.UP, "boot", True))
        for seq in range(first, first + count)
    ]


def _raw(folder: Path) -> float:
    """Rows a second of plain inserts, one commit for each group of writers, synced."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
    began = time.perf_counter()
    for turn in range(ROUNDS):
        connection.execute("BEGIN IMMEDIATE")
        rows = [(turn * WRITERS + at + 1, "x" * 200) for at in range(WRITERS)]
        connection.executemany("INSERT INTO event VALUES (?, ?)", rows)
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return ROUNDS * WRITERS / took


async def _appends(store: SqliteStore) -> float:
    """Events a second of so many writers that each wait for their own."""
    events = _events(1, ROUNDS * WRITERS)
    began = time.perf_counter()
    for turn in range(ROUNDS):
        group = events[turn * WRITERS : (turn + 1) * WRITERS]
        await asyncio.gather(*(store.append([recorded]) for recorded in group))
    return len(events) / (time.perf_counter() - began)


async def _start_s(folder: Path) -> float:
    """Seconds from opening the journal to the state."""
    began = time.perf_counter()
    store = await SqliteStore.open(folder)
    loaded = await store.load()
    fold(loaded.state, loaded.events)
    took = time.perf_counter() - began
    await store.close()
    return took


async def _journal(folder: Path) -> dict[str, object]:
    store = await SqliteStore.open(folder)
    rate = await _appends(store)
    done = ROUNDS * WRITERS
    await store.append(_events(done + 1, HISTORY - done))
    loaded = await store.load()
    await store.close()
    whole_s = await _start_s(folder)
    store = await SqliteStore.open(folder)
    await store.save_snapshot(HISTORY - 500, fold(loaded.state, loaded.events[: HISTORY - 500]))
    await store.close()
    return {
        "events/s": round(rate),
        "start from all, s": round(whole_s, 3),
        "start from a snapshot, s": round(await _start_s(folder), 3),
    }


def measure() -> list[dict[str, object]]:
    """One row."""
    with tempfile.TemporaryDirectory() as folder:
        raw = _raw(Path(folder))
        row = asyncio.run(_journal(Path(folder) / "state"))
    ratio = round(float(str(row["events/s"])) / raw, 2)
    return [{"writers": WRITERS, "raw rows/s": round(raw), **row, "of raw": ratio}]
