"""Findings about windows and freezes: those that let nothing through, and those that are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from engine.hygiene.rule import Remark
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.release import Catalog
from engine.model.snapshot import Snapshot
from engine.model.state import State
from engine.model.window import Schedule, WindowPolicy
from engine.plan.durations import expected_s, moving_s
from engine.plan.estate import Estate
from engine.plan.times.spans import Spans, intersect
from engine.plan.times.windows import HORIZON_DAYS, horizon, length_text, second_of, stretches, windows_over

Policies = tuple[WindowPolicy, ...]


def never_opens(inventory: Inventory, _catalog: Catalog, now: datetime) -> Iterator[Remark]:
    """Windows that do not open, alone or together with the others that apply."""
    second = second_of(now)
    for policy in inventory.windows.values():
        if not _openings((policy.schedule,), second):
            yield Remark(
                policy.key,
                f"the window {policy.name} does not open within {HORIZON_DAYS} days: nothing that it applies to can "
                "ever start. Mend its days, hours and dates, or what it denies",
            )
    for instance, policies in _held(inventory):
        if not _together(policies, second) and all(_openings((policy.schedule,), second) for policy in policies):
            names = ", ".join(policy.name for policy in policies)
            yield Remark(
                f"services.{instance.service}",
                f"the windows {names} all apply to {instance} and are never open at the same time within "
                f"{HORIZON_DAYS} days: it can never start. Let them overlap, or make one apply to less",
            )


def fits_none(inventory: Inventory, catalog: Catalog, now: datetime) -> Iterator[Remark]:
    """Rollouts that take longer, with the time to revert, than any of their windows is open."""
    second = second_of(now)
    estate = Estate(Snapshot(inventory, catalog, State(), now, 0.0))
    for instance, policies in _held(inventory):
        need_s = expected_s(estate, instance) + moving_s(estate, instance)
        closing = tuple(policy for policy in policies if not policy.span)
        longest_s = _longest(_schedules(policies), _schedules(closing), second)
        if 0 < longest_s < need_s:
            names = ", ".join(policy.name for policy in closing)
            yield Remark(
                f"services.{instance.service}.rollout",
                f"a rollout of {instance} with the time to revert takes about {length_text(need_s)}, and its windows "
                f"({names}) are never open for longer than {length_text(longest_s)}: it can never start. "
                "Move more placements at once, make the window longer, or set span: true",
            )


def over(inventory: Inventory, _catalog: Catalog, now: datetime) -> Iterator[Remark]:
    """Freezes that have ended."""
    for freeze in inventory.freezes.values():
        if freeze.end <= now:
            yield Remark(freeze.key, f"the freeze {freeze.name} ended at {freeze.end.isoformat()}: remove it")


def _held(inventory: Inventory) -> Iterator[tuple[InstanceId, Policies]]:
    """Instances that windows apply to, with these."""
    if inventory.windows:
        for instance in inventory.instances():
            policies = windows_over(inventory, *instance)
            if policies:
                yield instance, policies


def _together(policies: Policies, second: int) -> Spans:
    return _openings(_schedules(policies), second)


def _schedules(policies: Policies) -> tuple[Schedule, ...]:
    return tuple(policy.schedule for policy in policies)


@lru_cache(maxsize=1024)
def _openings(schedules: tuple[Schedule, ...], second: int) -> Spans:
    """When all of the schedules are open, from a second on."""
    last = horizon(second)
    found: Spans = ((second, last),)
    for schedule in schedules:
        found = intersect(found, tuple(stretches(schedule, second, last)))
    return found


@lru_cache(maxsize=1024)
def _longest(all_of: tuple[Schedule, ...], not_outlasted: tuple[Schedule, ...], second: int) -> float:
    """The longest time from a start, with everything open, to when a window closes that the
    rollout may not outlast; what goes on at the horizon counts as without end."""
    starts, last, longest, index = _openings(all_of, second), horizon(second), 0.0, 0
    for begin, end in _openings(not_outlasted, second):
        while index < len(starts) and starts[index][1] <= begin:
            index += 1
        if index < len(starts) and starts[index][0] < end:
            longest = max(longest, float("inf") if end == last else end - max(begin, starts[index][0]))
    return longest
