"""Ansible's INI inventories, line by line: ``[group]``, ``[group:children]``, ``[group:vars]``."""

from __future__ import annotations

import ast
import re
import shlex

from engine.inventory.ansible.gathered import UNGROUPED, Gathered
from engine.inventory.ansible.patterns import expand_pattern
from engine.inventory.faults import Faults, quote
from engine.inventory.node import Scalar
from engine.inventory.ranges import RangeError
from engine.model.inventory import Position

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?\Z")
_CHILD = re.compile(r"([^:\]\s]+)\s*(?:#.*)?\Z")
_KINDS = ("hosts", "children", "vars")
MAX_LITERAL = 4096


class _Reader:
    """Goes through one file; what is found goes into ``gathered``, faults into ``faults``."""

    def __init__(self, file: str, gathered: Gathered, faults: Faults) -> None:
        self.file, self.gathered, self.faults = file, gathered, faults
        self.group, self.kind = UNGROUPED, "hosts"
        self.declared = set(gathered.groups)
        self.asked: list[tuple[str, str, Position]] = []

    def take(self, line: str, at: Position) -> None:
        """One line that is neither blank nor a comment."""
        if line.startswith("[") and (section := _SECTION.match(line)):
            self._begin(section.group(1), section.group(2) or "hosts", at)
        elif self.kind == "hosts":
            self._host(line, at)
        elif self.kind == "children":
            self._child(line, at)
        else:
            self._variable(line, at)

    def _begin(self, name: str, kind: str, at: Position) -> None:
        if kind not in _KINDS:
            known = "[group], [group:children] or [group:vars]"
            self.faults.add(
                at, "ansible", f"the section [{quote(f'{name}:{kind}')[1:-1]}] has no meaning; expected {known}"
            )
            kind = "hosts"
        self.group, self.kind = name, kind
        if kind == "vars":
            self.asked.append((name, f"[{name}:vars]", at))
        else:
            self.declared.add(name)
            self.gathered.group(name, at)

    def _host(self, line: str, at: Position) -> None:
        try:
            first, *rest = shlex.split(line, comments=True) or [""]
            names, port = expand_pattern(first)
        except RangeError as error:
            self.faults.add(at, "range", f"{quote(line)}: {error}")
            return
        except ValueError as error:
            self.faults.add(at, "ansible", f"{quote(line)}: {str(error).lower()}")
            return
        variables = {"ansible_port": Scalar(port, at.file, at.line)} if port else {}
        for each in rest:
            key, equals, value = each.partition("=")
            if not equals:
                self.faults.add(at, "ansible", f"{quote(line)}: expected key=value after the host, found {quote(each)}")
                return
            variables[key] = Scalar(value_of(value), at.file, at.line)
        for name in names:
            self.gathered.machine(name, at, self.group).variables.update(variables)

    def _child(self, line: str, at: Position) -> None:
        child = _CHILD.match(line)
        if child is None:
            self.faults.add(at, "ansible", f"{quote(line)}: expected the name of a group")
            return
        self.asked.append((child.group(1), f"[{self.group}:children]", at))
        self.gathered.groups[self.group].children.append(child.group(1))

    def _variable(self, line: str, at: Position) -> None:
        key, equals, value = line.partition("=")
        if not equals:
            self.faults.add(at, "ansible", f"{quote(line)}: expected key=value")
            return
        text = Scalar(value_of(value.strip()), at.file, at.line)
        self.gathered.group(self.group, at).variables[key.strip()] = text

    def finish(self) -> None:
        """Groups that sections speak of and nobody declared."""
        for name, section, at in self.asked:
            if name not in self.declared and name not in ("all", UNGROUPED):
                self.faults.add(at, "ansible", f"{section}: no group is called {quote(name)} in this inventory")


def read_ini(text: str, file: str, gathered: Gathered, faults: Faults) -> None:
    """Add one file to what is gathered."""
    reader = _Reader(file, gathered, faults)
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line and line[0] not in "#;":
            reader.take(line, Position(file, number))
    reader.finish()


def value_of(written: str) -> str:
    """A value as text: Python's quotes are taken off a literal, a comment after one is none of
    it; everything else stands for itself (1.10 stays 1.10)."""
    try:
        literal = ast.literal_eval(written) if len(written) <= MAX_LITERAL else written
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return written
    if isinstance(literal, str):
        return literal
    return written.partition("#")[0].strip()
