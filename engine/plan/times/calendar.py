"""When window policies are closed and freezes are on, over a stretch of time: what a calendar or a
timeline shades. The same spans that the gates judge by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.window import Freeze, WindowPolicy
from engine.plan.times.spans import Spans, intersect, subtract, unite
from engine.plan.times.windows import freezes_over, instant_of, second_of, stretches, windows_over


@dataclass(frozen=True, slots=True)
class Shutter:
    """One policy and when nothing in its scope may start: ``instances`` are those it holds,
    ``closed`` the spans [begin, end), cut to the stretch asked for. ``reason`` is a freeze's."""

    key: str
    is_freeze: bool
    instances: tuple[InstanceId, ...]
    closed: tuple[tuple[datetime, datetime], ...]
    reason: str = ""


def shutters(inventory: Inventory, begin: datetime, end: datetime, environment: str = "") -> tuple[Shutter, ...]:
    """Every policy that shuts within [begin, end) and applies to something, by its place in the
    inventory: windows first. ``environment`` "" means all of them."""
    first, last = second_of(begin), second_of(end)
    whole: Spans = ((first, last),)
    scopes = _scopes(inventory, environment)
    found = []
    for policy, instances in scopes:
        closed = _closed(policy, first, last, whole)
        if closed:
            spans = tuple((instant_of(start), instant_of(stop)) for start, stop in closed)
            is_freeze = isinstance(policy, Freeze)
            reason = policy.reason if isinstance(policy, Freeze) else ""
            found.append(Shutter(policy.key, is_freeze, tuple(sorted(instances)), spans, reason))
    return tuple(sorted(found, key=lambda shutter: (shutter.is_freeze, shutter.key)))


def _scopes(inventory: Inventory, environment: str) -> list[tuple[WindowPolicy | Freeze, list[InstanceId]]]:
    by_key: dict[str, tuple[WindowPolicy | Freeze, list[InstanceId]]] = {}
    for instance in inventory.instances():
        if environment and instance.environment != environment:
            continue
        for policy in _over(inventory, instance):
            by_key.setdefault(policy.key, (policy, []))[1].append(instance)
    return list(by_key.values())


def _over(inventory: Inventory, instance: InstanceId) -> Iterator[WindowPolicy | Freeze]:
    yield from windows_over(inventory, *instance)
    yield from freezes_over(inventory, *instance)


def _closed(policy: WindowPolicy | Freeze, first: int, last: int, whole: Spans) -> Spans:
    if isinstance(policy, Freeze):
        return intersect(whole, unite([(second_of(policy.begin), second_of(policy.end))]))
    return subtract(whole, unite(stretches(policy.schedule, first, last)))
