"""YAML text -> nodes, by walking the C parser's events.

Events rather than ``yaml.load``: every scalar stays text (1.10 is a version, not a number),
every node keeps its line, a repeated key is seen, and hostile files (deep nesting, alias
bombs, tags) are stopped at a limit before anything large is built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from engine.inventory.faults import Faults, dotted, quote
from engine.inventory.node import Entry, Listing, Node, Scalar, Table
from engine.model.inventory import Position

MAX_DEPTH = 64
MAX_NODES = 1_000_000

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


class _Stop(Exception):
    """The file cannot be read on from here."""

    def __init__(self, line: int, rule: str, message: str) -> None:
        super().__init__(message)
        self.line, self.rule, self.message = line, rule, message


@dataclass(slots=True)
class _Open:
    """A list or table whose end has not come yet; ``height`` is its deepest nesting so far."""

    node: Listing | Table
    anchor: str | None
    nodes_before: int
    key: Scalar | None = None
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, and what using it costs."""

    node: Node
    nodes: int
    height: int


def parse(text: str, file: str, faults: Faults) -> Node | None:
    """The file's one document; None if it is empty or could not be read (then a fault says why)."""
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        code = ord(forbidden.group())
        message = f"the character U+{code:04X} may not stand in YAML; is this a text file?"
        faults.add(Position(file, line), "yaml", message)
        return None
    walk = _Walk(file, faults)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            walk.take(event)
    except _Stop as stop:
        faults.add(Position(file, stop.line), stop.rule, stop.message)
        return None
    except yaml.MarkedYAMLError as error:
        faults.add(*_syntax(error, text, file))
        return None
    except yaml.YAMLError:
        faults.add(Position(file, 1), "yaml", "this is not YAML")
        return None
    return walk.root


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> tuple[Position, str, str]:
    """The parser's complaint in one line, with the usual causes spelt out."""
    mark = error.problem_mark or error.context_mark
    line = mark.line if mark else 0
    said = ", ".join(part for part in (error.context, error.problem) if part)
    lines = text.split("\n", line + 1)
    written = lines[line] if line < len(lines) else ""
    hint = ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        hint = "; the line is indented with a tab, YAML wants spaces"
    elif "cannot start any token" in said or "alias" in said or "expected <document start>" in said:
        hint = "; put text that holds special characters in quotes"
    elif "mapping values are not allowed" in said:
        hint = '; put text that holds ": " in quotes, and check the indentation'
    elif "found unexpected ':'" in said:
        hint = "; write a space after the colon"
    elif "found unexpected end of stream" in said:
        hint = "; a quote is not closed"
    return Position(file, line + 1), "yaml", f"this is not YAML: {quote(said)[1:-1]}{hint}"


class _Walk:
    """Takes events one by one; ``root`` is the document once all were taken.

    Events are typed Any: PyYAML's types do not know the attributes of its own classes.
    """

    def __init__(self, file: str, faults: Faults) -> None:
        self.root: Node | None = None
        self._file = file
        self._faults = faults
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Do what one event says."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            scalar = Scalar(event.value, self._file, self._begin(event))
            if event.anchor:
                self._anchors[event.anchor] = _Anchored(scalar, 1, 0)
            self._attach(scalar, 0)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, self._begin(event))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event.anchor, event.start_mark.line + 1)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                line = event.start_mark.line + 1
                raise _Stop(line, "yaml", "a second document begins here; write one document a file")

    def _begin(self, event: Any) -> int:
        """The line of a node, once it is within the limits that hold for all of them."""
        line: int = event.start_mark.line + 1
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _too_many(line)
        if event.tag is not None:
            message = f"the tag {quote(event.tag)} is not supported; every value is read as text"
            raise _Stop(line, "yaml", message)
        return line

    def _open(self, event: Any, line: int) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _Stop(line, "yaml", f"nested more than {MAX_DEPTH} deep")
        self._refuse_as_key(line)
        is_table = type(event) is yaml.MappingStartEvent
        node: Table | Listing = Table({}, self._file, line) if is_table else Listing([], self._file, line)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(node, event.anchor, self._nodes - 1))

    def _close(self) -> None:
        done = self._stack.pop()
        if done.anchor:
            self._anchors[done.anchor] = _Anchored(done.node, self._nodes - done.nodes_before, done.height)
        self._attach(done.node, done.height)

    def _alias(self, name: str, line: int) -> None:
        if name not in self._anchors:
            raise _Stop(line, "yaml", f"the alias {quote('*' + name)} has no anchor before it")
        target = self._anchors[name]
        if target is None:
            raise _Stop(line, "yaml", f"the alias {quote('*' + name)} stands inside its own anchor")
        if len(self._stack) + target.height > MAX_DEPTH:
            raise _Stop(line, "yaml", f"nested more than {MAX_DEPTH} deep through an alias")
        self._nodes += target.nodes
        if self._nodes > MAX_NODES:
            raise _too_many(line)
        if isinstance(target.node, Scalar):
            self._attach(target.node._replace(line=line), 0)
        else:
            self._refuse_as_key(line)
            self._attach(target.node, target.height)

    def _refuse_as_key(self, line: int) -> None:
        """A list or table where a key is expected."""
        if self._stack and isinstance(self._stack[-1].node, Table) and self._stack[-1].key is None:
            raise _Stop(line, "yaml", "a key must be plain text (quote text that begins with a bracket or brace)")

    def _attach(self, node: Node, height: int) -> None:
        """Put a finished node where it belongs: root, list, key or value."""
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if height >= top.height:
            top.height = height + 1
        if isinstance(top.node, Listing):
            top.node.items.append(node)
        elif top.key is None:
            assert isinstance(node, Scalar)  # noqa: S101 - _refuse_as_key let nothing else through
            if node.text == "<<":
                raise _Stop(node.line, "yaml", "merge keys (<<) are not supported; write the keys out")
            top.key = node
        else:
            self._enter(top.node.entries, top.key, node)
            top.key = None

    def _enter(self, entries: dict[str, Entry], key: Scalar, value: Node) -> None:
        if key.text not in entries:
            entries[key.text] = Entry(key.file, key.line, value)
            return
        first = entries[key.text]
        path = [frame.key.text for frame in self._stack if frame.key is not None]
        message = f"{dotted(*path)}: written twice; first at {first.file}:{first.line}"
        self._faults.add(Position(key.file, key.line), "duplicate", message)


def _too_many(line: int) -> _Stop:
    return _Stop(line, "yaml", f"more than {MAX_NODES:,} values (aliases counted where they are used)")
