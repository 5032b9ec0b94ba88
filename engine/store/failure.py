"""What SQLite's errors mean to an operator."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.errors import StoreDamaged, StoreError

NOT_WRITTEN = "What was not acknowledged may be lost; stop this engine, mend the cause and start it again."
NOT_CHANGED = "Nothing was changed; mend the cause and start the engine again."

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk, or the space set aside for it, is full",
    sqlite3.SQLITE_IOERR: "the disk does not answer as it should",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_LOCKED: "another program has locked it",
}


def explain(error: Exception, file: Path, kept: str) -> StoreError:
    """The error as a sentence; ``kept`` says what became of the data."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGE or "malformed" in str(error):
        return damaged(file, str(error))
    reason = _REASONS.get(code, str(error))
    return StoreError(f"the journal {file} cannot be used: {reason} ({error}). {kept}")


def not_copied(error: sqlite3.Error, file: Path) -> StoreError:
    """What goes wrong with a copy says nothing about the journal itself."""
    return StoreError(f"a copy of the journal cannot be written to {file}: {error}. The journal was not touched.")


def damaged(file: Path, finding: str) -> StoreDamaged:
    """The file fails its check."""
    return StoreDamaged(
        f"the journal {file} is damaged: {finding}. It was left as it is, and the engine does not start on it; "
        "move it aside with its -wal file and restore the newest backup in its place."
    )


def again(error: StoreError) -> StoreError:
    """The same error for another caller: one raised twice would gather both tracebacks."""
    copy = type(error)(str(error))
    copy.__cause__ = error.__cause__
    return copy
