"""The SQL files, read once: named statements, and the numbered migrations.

SQL stands in files of its own so that it can be read, and tried, as SQL.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from functools import cache
from importlib import resources

NAME = re.compile(r"^-- ([a-z_]+) --$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement to run: once with ``rows[0]``, or, with ``many``, once for each row."""

    sql: str
    rows: tuple[tuple[object, ...], ...] = ((),)
    many: bool = False


@dataclass(frozen=True, slots=True)
class Migration:
    """What brings a journal from version ``number - 1`` to ``number``."""

    number: int
    statements: tuple[str, ...]


@cache
def queries() -> dict[str, str]:
    """All statements of ``queries.sql`` by name, without their comments."""
    text = resources.files(__package__).joinpath("sql/queries.sql").read_text(encoding="utf-8")
    parts = NAME.split(text)[1:]
    return {name: _without_comments(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration, in order; the number is the first word of its file's name."""
    folder = resources.files(__package__).joinpath("sql/migrations")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return tuple(
        Migration(int(item.name.split("_")[0]), split_statements(item.read_text(encoding="utf-8"))) for item in files
    )


def split_statements(script: str) -> tuple[str, ...]:
    """The statements of a script. ``executescript`` would commit first; a migration must not."""
    found: list[str] = []
    pending = ""
    for line in _without_comments(script).splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    if pending.strip():
        raise ValueError(f"a migration ends in the middle of a statement: {pending.strip()}")
    return tuple(found)


def ask(name: str, *values: object) -> Statement:
    """The named statement with its values."""
    return Statement(queries()[name], (values,))


def ask_many(name: str, rows: tuple[tuple[object, ...], ...]) -> Statement:
    """The named statement, once for each row."""
    return Statement(queries()[name], rows, many=True)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()
