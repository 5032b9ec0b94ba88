"""Rollouts that hosts which do not answer keep from going on: the rest is done, or the budget of
the instance has no room beside them. They stay ``running`` and count as rolling no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.change import Change, Item, Status
from engine.plan.care.upkeep import in_reach

if TYPE_CHECKING:
    from engine.plan.estate import Estate


def rests(estate: Estate, change: Change, item: Item) -> bool:
    """Whether a rollout, with no step in flight, can only wait for hosts to answer, or for their maintenance."""
    if item.bake is not None:
        return False
    back = item.status is Status.REVERTING
    placements = estate.placements(change.instance(item))
    left = [p for p in placements if not item.is_through(p.host, back=back)]
    near = [placement for placement in left if in_reach(estate, placement.host, back=back)]
    if not near:
        return bool(left)
    if back or not all(estate.available(placement) for placement in near):
        return False  # what is taken back keeps its neighbours waiting, as long as any of it answers
    service = estate.service(item.service)
    allowed = service.rollout.may_be_unavailable(len(placements)) if service else 1
    down = [placement for placement in placements if not estate.available(placement)]
    ill = sum(in_reach(estate, placement.host) for placement in down)
    return ill < allowed <= len(down)
