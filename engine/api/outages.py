"""Outages in the shape of the protocol: who stops, who misses them, and when it may be."""

from __future__ import annotations

from engine.api.protocol import OutageView
from engine.api.times import when
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
