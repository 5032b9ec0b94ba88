"""How fast a forecast plays: every rollout at the time that half of its kind stay within, or so
that nine in ten ends are inside. Deviations of rollouts that follow one another partly cancel
out, so they add up as squares, not as seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from engine.model.change import Change, Item
from engine.plan.durations import P90, is_learned, moving_p90_s, moving_s
from engine.plan.estate import Estate

# (estate, change, item, squares so far) -> (seconds in which the rollout moves, squares at its end)
Pace = Callable[[Estate, Change, Item, float], tuple[float, float]]


def paced(pace: Pace, estate: Estate, change: Change, item: Item, squares: float) -> tuple[float, float]:
    """What a pace says of an item. Those of an outage end together: some move, then the others start."""
    if item.outage is None:
        return pace(estate, change, item, squares)
    party = [each for each in change.items if each.service in item.outage.members]
    each = [(pace(estate, change, one, squares), one.outage is not None and one.outage.stops) for one in party]
    halves = [max((found for found, stops in each if stops is half), default=(0.0, squares)) for half in (False, True)]
    return sum(seconds for seconds, _ in halves), max(total for _, total in halves)


def likely(estate: Estate, change: Change, item: Item, squares: float) -> tuple[float, float]:
    """Each rollout takes its median; one that follows another its mean, which is what adds up."""
    instance = change.instance(item)
    usual_s, p90_s = moving_s(estate, instance, change.kind), moving_p90_s(estate, instance, change.kind)
    follows = squares > 0 and is_learned(estate, instance)
    mean_s = usual_s * math.exp((math.log(p90_s / usual_s) / P90) ** 2 / 2)
    return mean_s if follows else usual_s, squares + (p90_s - usual_s) ** 2


def cautious(estate: Estate, change: Change, item: Item, squares: float) -> tuple[float, float]:
    """Each rollout takes as much longer as makes the whole chain before it a p90."""
    usual_s, total = likely(estate, change, item, squares)
    return usual_s + math.sqrt(total) - math.sqrt(squares), total
