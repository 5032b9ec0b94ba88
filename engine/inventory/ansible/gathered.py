"""What the files of an Ansible inventory say: groups, hosts and variables, and which variable
wins. Ansible's order: variables of ``all``, then those of groups from the outermost to the
innermost (ansible_group_priority and the name decide between equals), then the host's own;
at each step what stands in the inventory before what group_vars and host_vars say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.inventory.node import Scalar
from engine.model.inventory import Position

ALL = "all"
UNGROUPED = "ungrouped"
PRIORITY = "ansible_group_priority"
MAX_HOSTS = 50_000

Variables = dict[str, Scalar]


@dataclass(slots=True)
class Group:
    """A group: where it was first named, the groups and hosts in it, and its variables, those
    of group_vars apart."""

    name: str
    at: Position
    children: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    variables: Variables = field(default_factory=dict)
    beside: Variables = field(default_factory=dict)

    @property
    def priority(self) -> int:
        """Among groups of equal depth, the higher one wins."""
        found = {**self.variables, **self.beside}.get(PRIORITY)
        return int(found.text) if found and found.text.lstrip("-").isdecimal() and len(found.text) < 10 else 1


@dataclass(slots=True)
class Machine:
    """A host as it is gathered: where it was first named, and its own variables."""

    name: str
    at: Position
    variables: Variables = field(default_factory=dict)
    beside: Variables = field(default_factory=dict)


class Gathered:
    """All of it; readers add, ``problem`` says what cannot be meant, ``variables_of`` answers."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.machines: dict[str, Machine] = {}

    def group(self, name: str, at: Position) -> Group:
        """The group of that name, made if it is new."""
        return self.groups.setdefault(name, Group(name, at))

    def machine(self, name: str, at: Position, group: str) -> Machine:
        """The host of that name, made if it is new, and put into ``group``."""
        found = self.machines.setdefault(name, Machine(name, at))
        members = self.group(group, at).hosts
        if name not in members[-1:]:
            members.append(name)
        return found

    def circle(self) -> Group | None:
        """A group that is inside itself, if there is one."""
        done: set[str] = set()
        for name in self.groups:
            trail: list[tuple[str, Iterator[str]]] = [(name, iter(self._children(name)))]
            above = {name}
            while trail:
                inner = next(trail[-1][1], None)
                if inner is None:
                    above.discard(trail[-1][0])
                    done.add(trail.pop()[0])
                elif inner in above:
                    return self.groups[inner]
                elif inner not in done:
                    above.add(inner)
                    trail.append((inner, iter(self._children(inner))))
        return None

    def _children(self, name: str) -> list[str]:
        return self.groups[name].children if name in self.groups else []

    def memberships(self) -> Mapping[str, tuple[str, ...]]:
        """For each host the groups around it, without ``all``, in the order in which their
        variables apply; ``ungrouped`` only where there is no other. There must be no ``circle``."""
        depths = self._depths()
        parents: dict[str, list[str]] = {}
        for group in self.groups.values():
            for inner in group.children:
                parents.setdefault(inner, []).append(group.name)
        around = {name: self._around(name, parents) for name in self.groups}
        of: dict[str, set[str]] = {name: set() for name in self.machines}
        for group in self.groups.values():
            for host in group.hosts:
                of[host] |= around[group.name]
        return {
            host: tuple(
                sorted(
                    (groups - {ALL, UNGROUPED}) or (groups - {ALL}),
                    key=lambda each: (depths[each], self.groups[each].priority, each),
                )
            )
            for host, groups in of.items()
        }

    def _around(self, name: str, parents: Mapping[str, list[str]]) -> set[str]:
        found, pending = set[str](), [name]
        while pending:
            each = pending.pop()
            if each not in found:
                found.add(each)
                pending += parents.get(each, ())
        return found

    def _depths(self) -> dict[str, int]:
        """How deep each group lies: its longest way down from the top."""
        inner = {each for group in self.groups.values() for each in group.children}
        depths = {name: 0 if name == ALL else 1 for name in self.groups if name not in inner}
        pending = list(depths)
        while pending:
            name = pending.pop()
            for each in self._children(name):
                if depths.get(each, 0) < depths[name] + 1:
                    depths[each] = depths[name] + 1
                    pending.append(each)
        return depths

    def variables_of(self, host: str, groups: tuple[str, ...]) -> Variables:
        """A host's variables, once all those that lose are gone."""
        found: Variables = {}
        top, machine = self.groups.get(ALL), self.machines[host]
        inside = [self.groups[name] for name in groups]
        for each in (
            *([top.variables, top.beside] if top else []),
            *(group.variables for group in inside),
            *(group.beside for group in inside),
            machine.variables,
            machine.beside,
        ):
            found |= each
        found.pop(PRIORITY, None)
        return found
