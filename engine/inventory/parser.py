"""YAML text -> nodes, by walking the C parser's events.

Events rather than ``yaml.load``: every scalar stays text (1.10 is a version, not a number),
every node keeps its line, a repeated key is seen, and hostile files (deep nesting, alias
bombs, tags) are stopped at a limit before anything large is built.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, cast

import yaml

from engine.inventory.faults import Faults, dotted, quote
from engine.inventory.node import Entry, Listing, Node, Scalar, Table
from engine.model.inventory import Position

MAX_DEPTH = 64
MAX_NODES = 1_000_000
TAGGED = "{{ tagged }}"  # looks like a template: what it stands for is known to Ansible only

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


class _Stop(Exception):
    """The file cannot be read on from here."""

    def __init__(self, line: int, rule: str, message: str) -> None:
        super().__init__(message)
        self.line, self.rule, self.message = line, rule, message


@dataclass(slots=True)
class _Open:
    """A list or table whose end has not come yet; ``height`` is its deepest nesting so far. A
    table waits for the value of ``key``, if there is one."""

    node: Listing | Table
    anchor: str | None
    nodes_before: int
    awaits_key: bool
    key: str = ""
    key_line: int = 0
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, and what using it costs."""

    node: Node
    nodes: int
    height: int


def parse(text: str, file: str, faults: Faults, tags: Collection[str] = ()) -> Node | None:
    """The file's one document; None if it is empty or could not be read (then a fault says why).

    A scalar under one of ``tags`` (Ansible's !vault) is read as ``TAGGED``: its text is not
    what it stands for. Any other tag is a fault.
    """
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        code = ord(forbidden.group())
        message = f"the character U+{code:04X} may not stand in YAML; is this a text file?"
        faults.add(Position(file, line), "yaml", message)
        return None
    walk = _Walk(file, faults, tags)
    try:
        walk.through(yaml.CSafeLoader(text))
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

    def __init__(self, file: str, faults: Faults, tags: Collection[str] = ()) -> None:
        self._tags = tags
        self.root: Node | None = None
        self._file = file
        self._faults = faults
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._nodes = 0
        self._documents = 0

    def through(self, parser: Any) -> None:
        """All events of a parser, in their order. Four of five are plain scalars; a large file has
        a million, so the keys among them, which are most, are taken here."""
        next_event: Callable[[], Any] = parser.get_event
        stack, scalar_kind = self._stack, cast("Any", yaml.ScalarEvent)
        while (event := next_event()) is not None:
            if type(event) is not scalar_kind or event.tag is not None or event.anchor:
                self._take(event)
                continue
            self._nodes += 1
            text, line = event.value, event.start_mark.line + 1
            if stack and stack[-1].awaits_key and text != "<<" and self._nodes <= MAX_NODES:
                top = stack[-1]
                top.key, top.key_line, top.awaits_key = text, line, False
            else:
                self._scalar(text, line)

    def _scalar(self, text: str, line: int) -> None:
        """Put a scalar where it belongs: a key, a value, an item or the root."""
        if self._nodes > MAX_NODES:
            raise _too_many(line)
        if not self._stack or not (top := self._stack[-1]).awaits_key:
            self._attach(Scalar(text, self._file, line), 0)
        elif text == "<<":
            raise _Stop(line, "yaml", "merge keys (<<) are not supported; write the keys out")
        else:
            top.key, top.key_line, top.awaits_key = text, line, False

    def _take(self, event: Any) -> None:
        """Do what one event says."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            line = self._begin(event)
            text = event.value if event.tag is None else TAGGED
            if event.anchor:
                self._anchors[event.anchor] = _Anchored(Scalar(text, self._file, line), 1, 0)
            self._scalar(text, line)
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
        if event.tag is not None and not (type(event) is yaml.ScalarEvent and event.tag in self._tags):
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
        self._stack.append(_Open(node, event.anchor, self._nodes - 1, is_table))

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
            self._scalar(target.node.text, line)
        else:
            self._refuse_as_key(line)
            self._attach(target.node, target.height)

    def _refuse_as_key(self, line: int) -> None:
        """A list or table where a key is expected."""
        if self._stack and self._stack[-1].awaits_key:
            raise _Stop(line, "yaml", "a key must be plain text (quote text that begins with a bracket or brace)")

    def _attach(self, node: Node, height: int) -> None:
        """Put a finished node where it belongs: root, list or value."""
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if height >= top.height:
            top.height = height + 1
        within = top.node
        if isinstance(within, Listing):
            within.items.append(node)
            return
        top.awaits_key = True
        if top.key in within.entries:
            self._written_twice(within.entries[top.key], top.key_line)
        else:
            within.entries[top.key] = Entry(self._file, top.key_line, node)

    def _written_twice(self, first: Entry, line: int) -> None:
        path = [frame.key for frame in self._stack if isinstance(frame.node, Table)]
        message = f"{dotted(*path)}: written twice; first at {first.file}:{first.line}"
        self._faults.add(Position(self._file, line), "duplicate", message)


def _too_many(line: int) -> _Stop:
    return _Stop(line, "yaml", f"more than {MAX_NODES:,} values (aliases counted where they are used)")
