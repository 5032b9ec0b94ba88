"""Groups as tables: Ansible's YAML inventories, static JSON, and what an executable prints."""

from __future__ import annotations

from engine.inventory.ansible.gathered import UNGROUPED, Gathered, Variables
from engine.inventory.ansible.patterns import expand_pattern
from engine.inventory.faults import Faults, quote
from engine.inventory.node import Entry, Listing, Node, Scalar, Table, child, table_of
from engine.inventory.ranges import RangeError
from engine.model.inventory import Position

META = "_meta"
_PARTS = ("hosts", "children", "vars")


def read_tree(root: Node | None, gathered: Gathered, faults: Faults) -> None:
    """Add the groups of one file. A group's ``hosts`` and ``children`` may be tables (YAML) or
    lists of names (an executable); a group may be a list of its hosts."""
    if root is None or (isinstance(root, Scalar) and not root.text):
        return
    if not isinstance(root, Table):
        faults.add(
            Position(root.file, root.line), "ansible", "expected a mapping of groups, such as `all: {hosts: {...}}`"
        )
        return
    pending = [(name, entry) for name, entry in root.entries.items() if name != META]
    while pending:
        name, entry = pending.pop()
        pending += _group(name, entry, gathered, faults)
    for name, entry in table_of(child(child(root, META), "hostvars")).items():
        if name in gathered.machines:
            gathered.machines[name].variables.update(scalars(entry.value))


def scalars(node: Node | None) -> Variables:
    """The variables of a table that are plain text; lists and tables can be no label."""
    return {name: each.value for name, each in table_of(node).items() if isinstance(each.value, Scalar)}


def _group(name: str, entry: Entry, gathered: Gathered, faults: Faults) -> list[tuple[str, Entry]]:
    """Take in one group; returns those inside it, still to be taken in."""
    at, node = Position(entry.file, entry.line), entry.value
    group = gathered.group(name, at)
    if isinstance(node, Listing):
        _hosts(name, node, gathered, faults)
        return []
    if isinstance(node, Scalar):
        if node.text:
            faults.add(at, "ansible", f"{quote(name)}: expected hosts, children or vars, found {quote(node.text)}")
        return []
    for key, part in node.entries.items():
        if key not in _PARTS:
            here = Position(part.file, part.line)
            faults.add(here, "ansible", f"{quote(name)}: a group has hosts, children and vars, no {quote(key)}")
    group.variables.update(scalars(child(node, "vars")))
    if (hosts := child(node, "hosts")) is not None:
        _hosts(name, hosts, gathered, faults)
    inner = _children(child(node, "children"))
    group.children += [each for each, _ in inner]
    return inner


def _children(node: Node | None) -> list[tuple[str, Entry]]:
    if isinstance(node, Listing):
        blank = [(each, Entry(each.file, each.line, Scalar("", each.file, each.line))) for each in _names(node)]
        return [(each.text, entry) for each, entry in blank]
    return list(table_of(node).items())


def _names(node: Listing) -> list[Scalar]:
    return [each for each in node.items if isinstance(each, Scalar)]


def _hosts(group: str, node: Node, gathered: Gathered, faults: Faults) -> None:
    if isinstance(node, Table):
        entries = [(name, Position(entry.file, entry.line), entry.value) for name, entry in node.entries.items()]
    else:
        listed = _names(node) if isinstance(node, Listing) else [node] if node.text else []
        entries = [(each.text, Position(each.file, each.line), each) for each in listed]
    for pattern, at, value in entries:
        try:
            names, port = expand_pattern(pattern)
        except RangeError as error:
            faults.add(at, "range", f"{quote(pattern)}: {error}")
            continue
        variables = {"ansible_port": Scalar(port, at.file, at.line)} if port else {}
        for name in names:
            gathered.machine(name, at, group or UNGROUPED).variables.update(variables | scalars(value))
