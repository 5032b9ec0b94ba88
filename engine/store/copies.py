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
from engine.store import operations
from engine.store.chain import Entry
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
