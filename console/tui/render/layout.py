"""Where the cards of the map go: columns are the engine's dependency layers, ordered so that edges
cross little (barycenter on the transitive reduction), then shifted so that they run straight.

Deterministic, and computed again only when the topology changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.api.protocol import ServiceView

SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """``slot`` is (column, row) of each service; ``edges`` are (provider, consumer), reduced;
    ``needs`` and ``needed_by`` are all direct ones; ``rows`` is the tallest column's extent."""

    columns: tuple[tuple[str, ...], ...] = ()
    slot: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    edges: tuple[tuple[str, str], ...] = ()
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needed_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: int = 0

    def column_of(self, name: str) -> tuple[str, ...]:
        """The services in the column of ``name``, top to bottom."""
        return self.columns[self.slot[name][0]]

    def ancestors(self, name: str) -> frozenset[str]:
        """Everything that ``name`` needs, through others too."""
        return _closure(name, self.needs)

    def descendants(self, name: str) -> frozenset[str]:
        """Everything that needs ``name``, through others too."""
        return _closure(name, self.needed_by)


def lay_out(services: Sequence[ServiceView]) -> Layout:
    """The layout of these services; needs on services that are not among them are left out."""
    layer = {node["service"]: node["layer"] for node in services}
    needs = {
        node["service"]: tuple(dict.fromkeys(need["provider"] for need in node["needs"] if need["provider"] in layer))
        for node in services
    }
    needed_by: dict[str, tuple[str, ...]] = dict.fromkeys(layer, ())
    for consumer in sorted(needs):
        for provider in needs[consumer]:
            needed_by[provider] = (*needed_by[provider], consumer)
    edges = _reduce(layer, needs)
    columns = _order(_columns(layer), edges)
    slot, rows = _settle(columns, edges)
    return Layout(tuple(map(tuple, columns)), slot, edges, needs, needed_by, rows)


def _closure(name: str, onward: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    todo = list(onward.get(name, ()))
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo.extend(onward.get(other, ()))
    return frozenset(found - {name})


def _columns(layer: Mapping[str, int]) -> list[list[str]]:
    present = sorted(set(layer.values()))
    return [sorted(name for name, number in layer.items() if number == wanted) for wanted in present]


def _reduce(layer: Mapping[str, int], needs: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    """Edges that go forward and are not implied by others. Sets are bits of an integer: a thousand
    services are reduced in milliseconds."""
    names = sorted(layer, key=lambda name: (layer[name], name))
    bit = {name: 1 << i for i, name in enumerate(names)}
    reach: dict[str, int] = {}
    kept: list[tuple[str, str]] = []
    for name in names:
        direct = [p for p in needs[name] if layer[p] < layer[name]]
        reach[name] = 0
        for provider in direct:
            reach[name] |= reach[provider] | bit[provider]
        for provider in sorted(direct):
            implied = 0
            for other in direct:
                if other != provider:
                    implied |= reach[other]
            if not implied & bit[provider]:
                kept.append((provider, name))
    return tuple(kept)


def _order(columns: list[list[str]], edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    left: dict[str, list[str]] = {}
    right: dict[str, list[str]] = {}
    for provider, consumer in edges:
        left.setdefault(consumer, []).append(provider)
        right.setdefault(provider, []).append(consumer)
    place = {name: _centred(i, len(column)) for column in columns for i, name in enumerate(column)}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        neighbours = left if forward else right
        for column in columns if forward else reversed(columns):
            weight = {name: _mean([place[n] for n in neighbours.get(name, ())], place[name]) for name in column}
            column.sort(key=lambda name: (weight[name], name))
            for i, name in enumerate(column):
                place[name] = _centred(i, len(column))
    return columns


def _settle(
    columns: Sequence[Sequence[str]], edges: Sequence[tuple[str, str]]
) -> tuple[dict[str, tuple[int, int]], int]:
    """Rows, in the order found: each card as near to its neighbours' rows as the others let it."""
    rows = max((len(column) for column in columns), default=0)
    near: dict[str, list[str]] = {}
    for provider, consumer in edges:
        near.setdefault(consumer, []).append(provider)
        near.setdefault(provider, []).append(consumer)
    row = {name: i + (rows - len(column)) // 2 for column in columns for i, name in enumerate(column)}
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wanted = [_mean([float(row[n]) for n in near.get(name, ())], float(row[name])) for name in column]
            taken = -1
            for i, name in enumerate(column):
                taken = min(max(round(wanted[i]), taken + 1), rows - len(column) + i)
                row[name] = taken
    return {name: (c, row[name]) for c, column in enumerate(columns) for name in column}, rows


def _centred(index: int, count: int) -> float:
    return index - (count - 1) / 2


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
