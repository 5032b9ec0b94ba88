"""Outages in the shape of the protocol: who stops, who misses them, and when it may be."""

from __future__ import annotations

from engine.api.protocol import OutageView
from engine.api.times import when
from engine.model.change import Item, Move
from engine.plan.outage.facing import Facing


def outage_view(facing: Facing) -> OutageView:
    """One lockstep that is, or would be, carried out with an outage."""
    return {
        "services": list(facing.services),
        "stops": list(facing.stops),
        "dependents": list(facing.dependents),
        "windows": list(facing.windows),
        "opens": when(facing.opens),
    }


def as_one_move(item: Item, move: Move) -> tuple[str | None, int]:
    """What a placement left, and which try this is, as people count. In an outage what is stopped
    first starts from nothing, in a move of its own; it left what it ran all the same, and the
    start is no second try of the stop."""
    if item.outage is None or not item.outage.stops or move.goal is None:
        return move.origin, move.attempt
    ran = item.goal if move.back else item.outage.ran.get(move.host, item.origin)
    return move.origin or ran, max(1, move.attempt - 1)
