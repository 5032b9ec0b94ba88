"""``placement`` -> hosts by environment: labels to match, hosts by name, or either of them
for each environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.inventory.estate import Estate
from engine.inventory.faults import Faults, dotted, quote
from engine.inventory.node import Listing, Node, Scalar, Table, child, place
from engine.inventory.ranges import RangeError, expand
from engine.inventory.reading import is_blank
from engine.model.inventory import Position

EXPECTED = "expected labels such as {role: pay}, {hosts: [...]}, or one of these for each environment"

EXPECTED_INSIDE = "expected labels such as {role: pay}, or {hosts: [...]}"

ByEnvironment = Mapping[str, tuple[str, ...]]


class Placer:
    """Finds the hosts of one service after another; an index keeps 10,000 of them fast."""

    def __init__(self, estate: Estate, faults: Faults) -> None:
        self._estate = estate
        self._faults = faults
        self._order = {name: index for index, name in enumerate(estate.hosts)}
        self._by_label: dict[tuple[str, str], set[str]] = {}
        self._values: dict[str, set[str]] = {}
        self._known: dict[tuple[tuple[str, str], ...], ByEnvironment] = {}
        for host in estate.hosts.values():
            for key, value in host.labels.items():
                self._by_label.setdefault((key, value), set()).add(host.name)
                self._values.setdefault(key, set()).add(value)

    def place(self, node: Node, path: Sequence[str], where: Position) -> ByEnvironment:
        """The hosts for a ``placement``; every fault in it is noted."""
        if is_blank(node):
            return {}
        if not isinstance(node, Table):
            self._faults.add(where, "type", f"{dotted(*path)}: {EXPECTED}")
            return {}
        tables = [key for key, entry in node.entries.items() if isinstance(entry.value, Table)]
        if not tables:
            return self._selection(node, path, where)
        found: dict[str, tuple[str, ...]] = {}
        for name, entry in node.entries.items():
            here, key = Position(entry.file, entry.line), (*path, name)
            if name not in self._estate.declared_environments:
                known = self._estate.declared_environments
                self._faults.unknown(here, dotted(*key), "environment", name, known)
            elif not isinstance(entry.value, Table):
                self._faults.add(
                    here, "type", f"{dotted(*key)}: expected labels such as {{role: pay}} or {{hosts: [...]}}"
                )
            else:
                hosts = self._in_environment(entry.value, key, here, name)
                if hosts:
                    found[name] = hosts
        return found

    def _in_environment(self, table: Table, path: Sequence[str], where: Position, environment: str) -> tuple[str, ...]:
        """One environment's part: it must come to something, and to hosts of that environment."""
        selection = self._selection(table, path, where)
        named = "hosts" in table.entries
        for other in sorted(selection) if named else ():
            if other != environment:
                hosts = ", ".join(selection[other][:4])
                at = place(table, ("hosts",))
                self._faults.add(at, "conflict", f"{dotted(*path)}: {hosts} belongs to {other}, not to {environment}")
        if not named and not selection.get(environment) and self._labels_known(table):
            self._faults.add(where, "placement", f"{dotted(*path)}: no host of {environment} has these labels")
        return selection.get(environment, ())

    def _labels_known(self, table: Table) -> bool:
        return all(key in self._values for key in table.entries)

    def _selection(self, table: Table, path: Sequence[str], where: Position) -> ByEnvironment:
        if "hosts" in table.entries:
            for key, entry in table.entries.items():
                if key != "hosts":
                    at = Position(entry.file, entry.line)
                    self._faults.add(at, "conflict", f"{dotted(*path, key)}: either hosts or labels, not both")
            return self._by_name(child(table, "hosts"), (*path, "hosts"), place(table, ("hosts",)))
        return self._matching(table, path, where)

    def _by_name(self, node: Node | None, path: Sequence[str], where: Position) -> ByEnvironment:
        if not isinstance(node, Listing) or not node.items:
            self._faults.add(where, "type", f"{dotted(*path)}: expected a list of hosts such as [web-1, web-2]")
            return {}
        names: list[str] = []
        for index, item in enumerate(node.items):
            here, key = Position(item.file, item.line), dotted(*path, index)
            if not isinstance(item, Scalar):
                self._faults.add(here, "type", f"{key}: expected the name of a host")
                continue
            for name in self._expand(item.text, key, here):
                if name not in self._estate.hosts:
                    self._faults.unknown(here, key, "host", name, self._estate.hosts)
                elif name in names:
                    self._faults.add(here, "duplicate", f"{key}: {name} is named twice")
                else:
                    names.append(name)
        return self._grouped(names)

    def _expand(self, text: str, key: str, where: Position) -> tuple[str, ...]:
        try:
            return expand(text)
        except RangeError as error:
            self._faults.add(where, "range", f"{key}: {error}")
            return ()

    def _matching(self, table: Table, path: Sequence[str], where: Position) -> ByEnvironment:
        wanted: list[tuple[str, str]] = []
        for key, entry in table.entries.items():
            here = Position(entry.file, entry.line)
            if not isinstance(entry.value, Scalar):
                self._faults.add(here, "type", f"{dotted(*path, key)}: expected the value of a label")
            elif key not in self._values:
                name = dotted(*path, key)
                hint = self._faults.suggest(key, self._values, "host label")
                self._faults.add(here, "unknown-name", f"{name}: no host has a label called {quote(key)}{hint}")
            else:
                wanted.append((key, entry.value.text))
        if len(wanted) < len(table.entries) or not wanted:
            return {}
        selector = tuple(sorted(wanted))
        if selector not in self._known:
            matched = set.intersection(*(self._by_label.get(pair, set()) for pair in selector))
            self._known[selector] = self._grouped(matched)
        return self._known[selector]

    def _grouped(self, names: Sequence[str] | set[str]) -> ByEnvironment:
        """Hosts by environment, in the order of the inventory."""
        groups: dict[str, list[str]] = {}
        for name in sorted(names, key=self._order.__getitem__):
            groups.setdefault(self._estate.hosts[name].environment, []).append(name)
        return {environment: tuple(hosts) for environment, hosts in groups.items()}
