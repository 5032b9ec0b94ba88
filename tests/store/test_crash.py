"""The journal under load and under kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.errors import StoreError
from engine.store.sqlite import SqliteStore
from tests.store.journals import recorded

APPENDS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from engine.store.sqlite import SqliteStore
from tests.store.journals import recorded

async def main():
    store = await SqliteStore.open(Path(sys.argv[1]))
    loaded = await store.load()
    seq = loaded.seq + len(loaded.events)
    print("ready", flush=True)
    while True:
        groups = [recorded(seq + 1 + 2 * i, seq + 2 + 2 * i) for i in range(8)]
        seq += 16
        await asyncio.gather(*(store.append(group) for group in groups))
        print(seq, flush=True)
        if seq % 64 == 0:
            await store.save_snapshot(seq, loaded.state)

asyncio.run(main())
"""


class Counting(sqlite3.Connection):
    """Counts commits."""

    commits = 0

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        Counting.commits += sql == "COMMIT"
        return super().execute(sql, *args)


async def test_a_hundred_writers_share_commits(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, factory=Counting)
    Counting.commits = 0
    await asyncio.gather(*(store.append(recorded(seq, seq)) for seq in range(1, 101)))
    assert Counting.commits <= 3
    assert await store.read() == recorded(1, 100)
    await store.close()


class FailsOnce(sqlite3.Connection):
    """The first commit with events in it fails."""

    armed = False

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and FailsOnce.armed:
            FailsOnce.armed = False
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *args)


async def test_a_failed_commit_fails_all_that_shared_it_and_everything_after(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, factory=FailsOnce)
    FailsOnce.armed = True
    appends = [asyncio.create_task(store.append(recorded(seq, seq))) for seq in range(1, 6)]
    results = await asyncio.gather(*appends, return_exceptions=True)
    assert [type(result) for result in results] == [StoreError] * 5
    with pytest.raises(StoreError, match="stop this engine"):
        await store.append(recorded(6, 6))
    await store.close()
    store = await SqliteStore.open(tmp_path)
    assert await store.read() == []
    await store.append(recorded(1, 1))
    await store.close()


async def test_a_cancelled_append_is_written_all_the_same(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    task = asyncio.create_task(store.append(recorded(1, 1)))
    await asyncio.sleep(0)
    task.cancel()
    await store.append(recorded(2, 2))
    assert await store.read() == recorded(1, 2)
    await store.close()


async def test_closing_finishes_what_was_accepted(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    task = asyncio.create_task(store.append(recorded(1, 50)))
    await asyncio.sleep(0)
    await store.close()
    await task
    store = await SqliteStore.open(tmp_path)
    assert await store.read() == recorded(1, 50)
    await store.close()


async def test_a_reader_sees_only_what_is_committed_and_lets_writers_in(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path)
    await store.append(recorded(1, 5000))
    reading = asyncio.create_task(store.read(limit=5000))
    await asyncio.sleep(0)
    await store.append(recorded(5001, 5001))
    assert not reading.done()
    assert await reading == recorded(1, 5000)
    await store.close()


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", APPENDS_FOR_EVER, str(folder)], stdout=subprocess.PIPE, text=True)


def kill_while_appending(folder: Path, after_s: float) -> int:
    """Start a writer, kill -9 it, and return the last seq that it was told is durable."""
    with start(folder) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(after_s)
        os.kill(writer.pid, signal.SIGKILL)
        lines = [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    return int(lines[-1]) if lines else 0


async def test_kill_9_loses_nothing_acknowledged_and_leaves_no_lock(tmp_path: Path) -> None:
    random = Random(1)
    last = 0
    for _ in range(20):
        last = max(last, kill_while_appending(tmp_path, random.uniform(0.0, 0.06)))
        store = await SqliteStore.open(tmp_path)
        loaded = await store.load()
        await store.close()
        assert loaded.seq + len(loaded.events) >= last
    assert last > 100
