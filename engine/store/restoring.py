"""Putting a backup in the place of a journal, while no engine runs on it.

What was there is moved aside, never deleted. The engine that starts on it is paused: what hosts
run may be newer than what this journal knows.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import StoreDamaged, StoreError
from engine.model.event import EnginePaused, Recorded
from engine.store import operations
from engine.store.chain import Verdict, verify
from engine.store.copies import entries, open_copy
from engine.store.failure import explain
from engine.store.folder import JOURNAL, hold
from engine.store.queries import ask
from engine.store.sync import SyncStore

WORK = "restoring"


@dataclass(frozen=True, slots=True)
class Restored:
    """``seq`` and ``at`` (UTC) of the backup's last event; ``aside`` is where the former journal
    went, None if there was none."""

    seq: int
    at: datetime
    aside: Path | None


def check_backup(file: Path) -> Verdict:
    """Refuse a backup that is damaged or whose chain does not hold. Raises StoreError."""
    with closing(open_copy(file)) as connection:
        try:
            finding = operations.execute(connection, ask("check_all"))[0][0]
        except sqlite3.Error as error:
            raise explain(error, file, "Nothing was changed.") from error
    if finding != "ok":
        raise StoreDamaged(f"the backup {file} is damaged: {finding}. Nothing was changed; take an older one.")
    verdict = verify(entries(file))
    if verdict.wrong:
        raise StoreDamaged(
            f"the backup {file} is not what was written: {verdict.wrong}. Nothing was changed; take another one."
        )
    return verdict


async def restore(file: Path, folder: Path, by: str) -> Restored:
    """Make ``file`` the journal of the state folder, paused by ``by``.

    Raises StoreLocked if an engine runs there, StoreError if the backup or the folder cannot be
    used; then nothing was changed.
    """
    check_backup(file)
    held = hold(folder)
    try:
        work = folder / WORK
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        shutil.copyfile(file, work / JOURNAL)
        last = await _pause(work, by)
        aside = _move_aside(folder)
        os.replace(work / JOURNAL, held.journal)
        _sync(folder)
        shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"the state folder {folder} cannot be used: {error.strerror}. The backup was kept.") from error
    finally:
        held.let_go()
    return Restored(last.seq, last.at, aside)


async def _pause(folder: Path, by: str) -> Recorded:
    """Pause the engine in the journal there; returns what was its last event."""
    store = SyncStore.open(folder)
    try:
        newest = await store.read(limit=1, newest=True)
        if not newest:
            raise StoreError("the backup holds no events. Nothing was changed.")
        (last,) = newest
        await store.append([Recorded(last.seq + 1, datetime.now(UTC), last.elapsed_s, EnginePaused(f"restore ({by})"))])
    finally:
        await store.close()
    return last


def _move_aside(folder: Path) -> Path | None:
    """The journal and what SQLite keeps beside it, into a folder of their own. An empty file is
    what taking the lock made."""
    if (folder / JOURNAL).stat().st_size == 0:
        return None
    aside = folder / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside.mkdir(mode=0o700)
    for name in (JOURNAL, f"{JOURNAL}-wal", f"{JOURNAL}-shm"):
        if (folder / name).exists():
            os.replace(folder / name, aside / name)
    return aside


def _sync(folder: Path) -> None:
    for place in (folder / JOURNAL, folder):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
