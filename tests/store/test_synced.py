"""A commit is on disk when it returns: the journal that an engine opens waits for its disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, ClassVar

from engine.store.sqlite import SqliteStore
from engine.store.sync import SyncStore


class Heard(sqlite3.Connection):
    """A connection that remembers what it was told of syncing."""

    told: ClassVar[list[str]]

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if "synchronous" in sql:
            self.told.append(sql.rpartition("= ")[2])
        return super().execute(sql, *values)


async def test_an_engines_journal_waits_for_the_disk(tmp_path: Path) -> None:
    class OfThisTest(Heard):
        told: ClassVar[list[str]] = []

    store = await SqliteStore.open(tmp_path / "engine", factory=OfThisTest)
    await store.close()
    assert OfThisTest.told == ["FULL"]


def test_only_the_simulations_does_not(tmp_path: Path) -> None:
    class OfThisTest(Heard):
        told: ClassVar[list[str]] = []

    SyncStore.open(tmp_path / "restored", factory=OfThisTest).abandon()
    SyncStore.open(tmp_path / "simulated", durable=False, factory=OfThisTest).abandon()
    assert OfThisTest.told == ["FULL", "OFF"]
