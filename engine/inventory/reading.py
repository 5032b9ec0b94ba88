"""One section's nodes -> its pydantic model, with every complaint at its line.

A section that has faults is still read as far as possible, so that names in the rest of it
are checked in the same go: what could not be read is listed in ``unread``.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from engine.inventory.faults import Faults, dotted
from engine.inventory.node import Node, Plain, Scalar, Table, place, plain
from engine.inventory.scalars import describe
from engine.inventory.section import Section
from engine.model.inventory import Position

S = TypeVar("S", bound=Section)
Path = tuple[str | int, ...]

_STAND_IN = "x"  # for a required key that is missing or wrong; never looked at, see Read.unread
_EXPECTED = {
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "list_type": "a list",
    "string_type": "text",
}


@dataclass(frozen=True, slots=True)
class Read(Generic[S]):
    """A section as far as it could be read: ``unread`` names its keys that hold no truth."""

    value: S
    unread: frozenset[str]
    node: Node
    where: Position
    path: Path

    def has(self, key: str) -> bool:
        """Whether ``key`` is written, and could be read."""
        return key in self.value.model_fields_set and key not in self.unread

    def at(self, *key: str | int) -> Position:
        """Where something inside this section stands, or the section itself."""
        return place(self.node, key) if key else self.where

    def name(self, *key: str | int) -> str:
        """The dotted name of something inside this section."""
        return dotted(*self.path, *key)


def read_section(model: type[S], node: Node, where: Position, path: Path, faults: Faults) -> Read[S] | None:
    """Read ``node`` as ``model``; None if not even its outline could be made out."""
    data = plain(node)
    try:
        return Read(model.model_validate(data), frozenset(), node, where, path)
    except ValidationError as error:
        bad = {_report(model, node, where, path, problem, faults) for problem in error.errors(include_url=False)}
    if not isinstance(data, dict) or "" in bad:
        return None
    return _salvage(model, data, bad, node, where, path)


def _salvage(
    model: type[S], data: dict[str, Plain], bad: set[str], node: Node, where: Position, path: Path
) -> Read[S] | None:
    rest = {key: value for key, value in data.items() if key not in bad and key in model.model_fields}
    for key, field in model.model_fields.items():
        if field.is_required() and key not in rest:
            rest[key] = _STAND_IN
            bad.add(key)
    try:
        return Read(model.model_validate(rest), frozenset(bad), node, where, path)
    except ValidationError:
        return None


def _report(model: type[Section], node: Node, where: Position, path: Path, problem: Any, faults: Faults) -> str:
    """Note one of pydantic's errors in the inventory's own terms; returns the key it spoils."""
    loc: Path = tuple(step for step in problem["loc"] if step != "[key]")
    full = dotted(*path, *loc)
    at = place(node, loc) if loc and (len(loc) > 1 or problem["type"] != "missing") else where
    if problem["type"] == "extra_forbidden":
        report_key(section_at(model, loc[:-1]), at, full, str(loc[-1]), faults)
    elif problem["type"] == "missing":
        owner = section_at(model, loc[:-1])
        meaning = owner.model_fields[str(loc[-1])].description or "required"
        faults.add(at, "missing", f"{full}: missing; expected: {meaning[0].lower()}{meaning[1:]}")
    elif problem["type"] == "inventory":
        faults.add(at, "value", f"{full}: {problem['msg']}" if full else problem["msg"])
    else:
        expected = _EXPECTED.get(problem["type"], problem["msg"])
        faults.add(at, "type", f"{full}: expected {expected}, found {describe(problem['input'])}")
    return str(loc[0]) if loc else ""


def report_key(model: type[Section], at: Position, full: str, key: str, faults: Faults) -> None:
    """Note a key that its section does not have."""
    known = sorted(model.model_fields)
    if not known:
        faults.add(at, "unknown-key", f"{full}: unknown key; no keys are expected here")
        return
    near = faults.nearest(key, known)
    hint = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    faults.add(at, "unknown-key", f"{full}: unknown key; {hint}")


def section_at(model: type[Section], loc: Path) -> type[Section]:
    """The section that a path of keys leads to."""
    found: Any = model
    for step in loc:
        if isinstance(found, type) and issubclass(found, BaseModel):
            found = found.model_fields[str(step)].annotation
        else:
            found = next(reversed(typing.get_args(found)), Any)
        found = _without_none(found)
    return typing.cast("type[Section]", found)


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        annotation = next(arg for arg in typing.get_args(annotation) if arg is not types.NoneType)
        return _without_none(annotation)
    return annotation


def read_entries(model: type[S], document: Table, section: str, faults: Faults) -> dict[str, Read[S]]:
    """Every entry of a section whose keys are names, such as ``services``."""
    entry = document.entries.get(section)
    if entry is None or is_blank(entry.value):
        return {}
    if not isinstance(entry.value, Table):
        found = describe(plain(entry.value))
        at = Position(entry.file, entry.line)
        faults.add(at, "type", f"{section}: expected a mapping of keys, found {found}")
        return {}
    read: dict[str, Read[S]] = {}
    for name, each in entry.value.entries.items():
        here = Position(each.file, each.line)
        one = read_section(model, each.value, here, (section, name), faults)
        if one is not None:
            read[name] = one
    return read


def is_blank(node: Node) -> bool:
    """Whether nothing was written after a key."""
    return isinstance(node, Scalar) and not node.text
