"""Reading a journal that no engine holds: a backup, or a copy made while no engine ran. It is opened
as a file that does not change, so nothing is written beside it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from engine.errors import StoreError
from engine.model.state import State
from engine.store import operations
from engine.store.chain import Entry
from engine.store.codec import FORMAT, decode_state
from engine.store.failure import explain
from engine.store.opening import APPLICATION, check_header
from engine.store.queries import ask

UNTOUCHED = "Nothing was changed."


def open_copy(file: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises StoreError if it is no journal."""
    if not file.is_file():
        raise StoreError(f"there is no file {file}. {UNTOUCHED}")
    check_header(file)
    connection = sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1", uri=True)
    try:
        found = operations.execute(connection, ask("application_id"))[0][0]
    except sqlite3.Error as error:
        connection.close()
        raise explain(error, file, UNTOUCHED) from error
    if found != APPLICATION:
        connection.close()
        raise StoreError(f"{file} is not a journal of Interlock. {UNTOUCHED}")
    return connection


def entries(file: Path) -> Iterator[Entry]:
    """Every event in order, as it is kept. Raises StoreError."""
    with closing(open_copy(file)) as connection:
        after = 0
        while True:
            try:
                rows = operations.run(connection, operations.entries(after=after))
            except sqlite3.Error as error:
                raise explain(error, file, UNTOUCHED) from error
            yield from rows
            if len(rows) < operations.CHUNK:
                return
            after = rows[-1].seq


def beside(file: Path) -> tuple[str, dict[int, State | None]]:
    """The journal's id, and its snapshots by the event they are of; None: one that cannot be read. Those of
    another format are left out, as an engine does. Raises StoreError."""
    with closing(open_copy(file)) as connection:
        try:
            store = operations.execute(connection, ask("select_store"))[0][0]
            rows = operations.execute(connection, ask("select_snapshots"))
        except sqlite3.Error as error:
            raise explain(error, file, UNTOUCHED) from error
    return store, {seq: _state(body) for seq, format_, body in rows if format_ == FORMAT}


def _state(body: str) -> State | None:
    try:
        return decode_state(body)
    except ValueError:
        return None


def inventory(file: Path, digest: str) -> str | None:
    """The text kept under a digest. Raises StoreDamaged if it was changed."""
    with closing(open_copy(file)) as connection:
        return operations.run(connection, operations.inventory(digest))
