"""Opening a journal: is it ours, is it whole, is it of a version we know; make or migrate it.

Nothing is written before all checks have passed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.errors import StoreDamaged, StoreError
from engine.store.failure import damaged
from engine.store.operations import Operation
from engine.store.queries import Migration, Statement, ask

APPLICATION = 0x494C434B  # "ILCK"
HEADER = b"SQLite format 3\0"
CHECKED_WHOLE_BYTES = 64 << 20  # quick_check reads every page; above this only what start-up needs


def check_header(file: Path) -> None:
    """Refuse a file whose first bytes are not SQLite's, before SQLite touches it."""
    with file.open("rb") as opened:
        found = opened.read(len(HEADER))
    if found and found != HEADER:
        raise damaged(file, "its header is not that of a journal")


def prepare(file: Path, store: str, migrations: Sequence[Migration], *, durable: bool) -> Operation[int]:
    """Everything between connecting and the first use; returns the last event's ``seq``.

    ``store`` becomes the journal's id if it is new.
    """
    is_new = (yield ask("table_count"))[0][0] == 0
    version = (yield ask("user_version"))[0][0]
    if not is_new:
        yield from _check(file, version, migrations)
    yield ask("use_wal")
    yield ask("sync_fully" if durable else "sync_never")
    for migration in migrations:
        if migration.number > version:
            yield from _migrate(migration, store if is_new and migration is migrations[0] else "")
    if not (yield ask("select_store")):
        raise damaged(file, "its own id is missing")
    return int((yield ask("last_seq"))[0][0])


def _check(file: Path, version: int, migrations: Sequence[Migration]) -> Operation[None]:
    if (yield ask("application_id"))[0][0] != APPLICATION:
        raise StoreDamaged(f"{file} is not a journal of Interlock. It was left as it is; choose another --state.")
    known = migrations[-1].number
    if version > known:
        raise StoreError(
            f"the journal {file} has format {version}, and this version of Interlock knows formats up to {known}. "
            "It was left as it is; start the newer version of Interlock that wrote it."
        )
    whole = file.stat().st_size <= CHECKED_WHOLE_BYTES
    for name in ("check_all",) if whole else ("check_journal", "check_snapshots"):
        finding = (yield ask(name))[0][0]
        if finding != "ok":
            raise damaged(file, str(finding).replace("\n", " "))


def _migrate(migration: Migration, store: str) -> Operation[None]:
    yield ask("begin")
    try:
        for sql in migration.statements:
            yield Statement(sql)
        if store:
            yield ask("insert_store", store)
        yield Statement(f"PRAGMA user_version = {migration.number:d}")
        yield ask("commit")
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            yield ask("rollback")
        raise
