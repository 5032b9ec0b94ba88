"""Windows and freezes over what runs in a forecast: a rollout pauses, goes back or goes on as the
planner decides when one closes or opens over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.model.change import Kind
from engine.model.event import Event, RolloutShut
from engine.model.names import InstanceId
from engine.model.snapshot import Decide
from engine.plan.estate import Estate
from engine.plan.forecast.steps import Key, Steps
from engine.plan.rollouts.shutting import when_shut
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.times.windows import freezes_over, next_change, windows_over


class Calendar:
    """When to look at each rollout again."""

    def __init__(self) -> None:
        self._bounds: dict[Key, datetime | None] = {}

    def next(self, now: datetime) -> datetime | None:
        """The next moment at which something opens or closes over a rollout."""
        return min((bound for bound in self._bounds.values() if bound is not None and bound > now), default=None)

    def turn(self, estate: Estate, steps: Steps) -> list[Event]:
        """What windows and freezes do to the rollouts now."""
        now, changes = estate.snapshot.now, estate.state.changes
        self._bounds = {key: bound for key, bound in self._bounds.items() if key in steps.rolling}
        found: list[Event] = []
        for key in sorted(steps.rolling):
            change = changes[key[0]]
            item = change.item(key[1])
            bound = self._bounds.get(key)
            if change.kind is Kind.ROLLBACK or (key in self._bounds and not item.shut_by and _is_ahead(bound, now)):
                continue
            self._bounds[key] = _next_bound(estate, change.instance(item), now)
            for action in when_shut(UnderWay(estate, change, item))[0]:
                if isinstance(action, Decide) and isinstance(action.event, RolloutShut):
                    found.append(action.event)
                    _obey(action.event, key, UnderWay(estate, change, item), steps)
        return found


def _is_ahead(bound: datetime | None, now: datetime) -> bool:
    return bound is None or bound > now


def _next_bound(estate: Estate, instance: InstanceId, now: datetime) -> datetime | None:
    return min(_bounds(estate, instance, now), default=None)


def _bounds(estate: Estate, instance: InstanceId, now: datetime) -> Iterator[datetime]:
    for policy in windows_over(estate.inventory, *instance):
        change = next_change(policy, now)
        if change is not None:
            yield change
    for freeze in freezes_over(estate.inventory, *instance):
        yield from (moment for moment in (freeze.begin, freeze.end) if moment > now)


def _obey(event: RolloutShut, key: Key, rollout: UnderWay, steps: Steps) -> None:
    if event.revert:
        steps.turn(key, [placement.host for placement in rollout.placements])
    elif event.by:
        steps.hold(key)
    else:
        steps.release(key)
