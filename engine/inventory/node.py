"""A YAML file as it was written: scalars, lists and tables that know their places.

Named tuples rather than dataclasses, because a large estate comes to a million of these and
they are built in the innermost loop of the parser.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from engine.model.inventory import Position


class Scalar(NamedTuple):
    """A leaf; always text, whatever it looks like."""

    text: str
    file: str
    line: int


class Listing(NamedTuple):
    """A sequence."""

    items: list[Node]
    file: str
    line: int


class Entry(NamedTuple):
    """One key of a table: where the key stands, and its value."""

    file: str
    line: int
    value: Node


class Table(NamedTuple):
    """A mapping, in the order written."""

    entries: dict[str, Entry]
    file: str
    line: int


Node: TypeAlias = Scalar | Listing | Table
Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"


def plain(node: Node) -> Plain:
    """The same without places. Nesting is bounded by the parser, so recursion is safe."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def place(node: Node, path: tuple[str | int, ...] = ()) -> Position:
    """Where ``path`` under ``node`` stands: the nearest enclosing place if it is not there. One
    table where a list of them may stand is the list's first."""
    found = Position(node.file, node.line)
    for step in path:
        if isinstance(node, Table) and step in node.entries:
            entry = node.entries[str(step)]
            found, node = Position(entry.file, entry.line), entry.value
        elif isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            found = Position(node.file, node.line)
        elif not (isinstance(node, Table) and step == 0):
            break
    return found


def child(node: Node | None, key: str) -> Node | None:
    """The value under ``key``, or None."""
    if isinstance(node, Table) and key in node.entries:
        return node.entries[key].value
    return None


def table_of(node: Node | None) -> dict[str, Entry]:
    """The entries of a table; nothing for what is none."""
    return node.entries if isinstance(node, Table) else {}
