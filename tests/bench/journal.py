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
from statistics import median

from engine.model.event import HostSeen, Recorded
from engine.model.observation import Reach
from engine.plan.evolve import fold
from engine.store.chain import START, chained
from engine.store.codec import encode_event
from engine.store.sqlite import SqliteStore

TITLE = "The journal: durable events a second against raw inserts; start from 100,000 events"
WRITERS, ROUNDS, HISTORY, RUNS = 100, 40, 100_000, 5
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def _events(first: int, count: int) -> list[Recorded]:
    return [
        Recorded(seq, NOW, seq / 10, HostSeen(f"h{seq % 500}", Reach.UP, "boot", True))
        for seq in range(first, first + count)
    ]


def _raw(folder: Path) -> tuple[float, float]:
    """Plain inserts of the very rows that the journal keeps (their text and hashes made beforehand) into a
    table that checks nothing, one commit for each group of writers, synced: rows a second, and
    microseconds of CPU a row."""
    rows = chained(START, [encode_event(recorded) for recorded in _events(1, ROUNDS * WRITERS)])
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE event (seq INTEGER PRIMARY KEY, at TEXT, elapsed_s REAL, kind TEXT, change TEXT, body TEXT, "
        "hash TEXT) STRICT"
    )
    began, cpu = time.perf_counter(), time.process_time()
    for turn in range(ROUNDS):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", rows[turn * WRITERS : (turn + 1) * WRITERS]
        )
        connection.execute("COMMIT")
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    connection.close()
    return len(rows) / took_s, cpu_s * 1e6 / len(rows)


async def _appends(store: SqliteStore) -> tuple[float, float]:
    """The same of so many writers, each of whom waits until its own event is durable before its next."""
    left = iter(_events(1, ROUNDS * WRITERS))

    async def write() -> None:
        for _ in range(ROUNDS):
            await store.append([next(left)])

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return ROUNDS * WRITERS / took_s, cpu_s * 1e6 / (ROUNDS * WRITERS)


async def history(folder: Path, count: int) -> None:
    """Make a journal of so many events."""
    store = await SqliteStore.open(folder)
    await store.append(_events(1, count))
    await store.close()


async def start_s(folder: Path) -> float:
    """Seconds of CPU from opening the journal to the state."""
    began = time.process_time()
    store = await SqliteStore.open(folder)
    loaded = await store.load()
    fold(loaded.state, loaded.events)
    took = time.process_time() - began
    await store.close()
    return took


async def _journal(folder: Path) -> dict[str, float]:
    store = await SqliteStore.open(folder)
    rate, cpu_us = await _appends(store)
    done = ROUNDS * WRITERS
    await store.append(_events(done + 1, HISTORY - done))
    loaded = await store.load()
    await store.close()
    whole_s = await start_s(folder)
    store = await SqliteStore.open(folder)
    await store.save_snapshot(HISTORY - 500, fold(loaded.state, loaded.events[: HISTORY - 500]))
    await store.close()
    return {"rate": rate, "cpu_us": cpu_us, "whole_s": whole_s, "snapshot_s": await start_s(folder)}


def measure() -> list[dict[str, object]]:
    """One row, the medians of several runs; the ratio is taken within each."""
    runs = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            raw, raw_us = _raw(Path(folder))
            found = asyncio.run(_journal(Path(folder) / "state"))
            runs.append({**found, "raw": raw, "raw_us": raw_us, "of_raw": found["rate"] / raw})
    middle = {key: median(run[key] for run in runs) for key in runs[0]}
    return [
        {
            "writers": WRITERS,
            "raw rows/s": round(middle["raw"]),
            "events/s": round(middle["rate"]),
            "of raw": round(middle["of_raw"], 2),
            "raw, us of CPU": round(middle["raw_us"], 1),
            "event, us of CPU": round(middle["cpu_us"], 1),
            "start from all, CPU s": round(middle["whole_s"], 3),
            "start from a snapshot, CPU s": round(middle["snapshot_s"], 3),
        }
    ]
