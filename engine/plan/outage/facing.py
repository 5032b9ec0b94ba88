"""What an outage would mean, for whoever is asked to allow one: who stops, who else needs them, and
when it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.model.change import FINAL, UNFINISHED_ROLLOUT, Change, Status
from engine.plan.estate import Estate
from engine.plan.gates.outage import outage_windows
from engine.plan.sequencing.sequence import order, stopped_in
from engine.plan.times.windows import is_open, next_opening


@dataclass(frozen=True, slots=True)
class Facing:
    """One lockstep. ``stops``: the services that stand still meanwhile; ``dependents``: those
    outside it that need one of it, and will miss it; ``windows``: the policies that allow it,
    none if nothing does; ``opens``: when the first of them is open (UTC), now included."""

    services: tuple[str, ...]
    stops: tuple[str, ...]
    dependents: tuple[str, ...]
    windows: tuple[str, ...] = ()
    opens: datetime | None = None


def faced(estate: Estate, environment: str, goals: Mapping[str, str]) -> tuple[Facing, ...]:
    """The outages that these moves would take."""
    return tuple(
        _facing(estate, environment, group, stopped_in(estate, environment, goals, group))
        for group, _ in order(estate, environment, goals).locksteps
    )


def faced_by(estate: Estate, change: Change) -> tuple[Facing, ...]:
    """Those that a change is in the middle of, or, while it waits, that it would take and may."""
    if change.status in FINAL:
        return ()
    begun = {
        item.outage.members for item in change.items if item.outage is not None and item.status in UNFINISHED_ROLLOUT
    }
    stopped = {item.service for item in change.items if item.outage is not None and item.outage.stops}
    found = [
        _facing(estate, change.environment, group, tuple(name for name in group if name in stopped))
        for group in sorted(begun)
    ]
    if change.allow_lockstep:
        goals = {item.service: item.goal for item in change.items if item.status is Status.WAITING}
        found += faced(estate, change.environment, goals)
    return tuple(found)


def _facing(estate: Estate, environment: str, group: tuple[str, ...], stops: tuple[str, ...]) -> Facing:
    dependents = {other for name in group for other in estate.consumers.get(name, ())} - set(group)
    here = [other for other in sorted(dependents) if estate.inventory.services[other].hosts.get(environment)]
    each = [outage_windows(estate, name, environment) for name in group]
    policies = [policy for policy in each[0] if all(policy in others for others in each)] if all(each) else []
    now = estate.snapshot.now
    moments = [now if is_open(policy, now) else next_opening(policy, now) for policy in policies]
    opens = min((moment for moment in moments if moment is not None), default=None)
    return Facing(group, stops, tuple(here), tuple(policy.name for policy in policies), opens)
