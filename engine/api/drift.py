"""Drift and healing in words, for the placements of a status row."""

from __future__ import annotations

from engine.api.moment import Moment
from engine.model.healing import Healing
from engine.model.names import PlacementId
from engine.plan.drift import differences
from engine.plan.healing import TRIES


def differs_of(moment: Moment, placement: PlacementId) -> list[str]:
    """What differs at a placement from what was last brought there, while no rollout is at work."""
    healing = moment.state.healings.get(placement)
    if healing is not None and healing.flight is not None:
        return list(healing.differs)
    return list(differences(moment.state, placement)) if placement.instance not in moment.rolled else []


def heal_of(moment: Moment, placement: PlacementId) -> str:
    """How its healing goes: "healing, try 2 of 3", or what became of the tries; "" if nothing does."""
    healing = moment.state.healings.get(placement)
    return said(healing) if healing is not None else ""


def said(healing: Healing) -> str:
    """The same, of one record."""
    if healing.flight is not None:
        return f"healing, try {healing.attempts} of {TRIES}"
    if not healing.differs:
        return ""
    if healing.attempts >= TRIES:
        return f"healing failed {healing.attempts} times"
    return f"healing try {healing.attempts} of {TRIES} did not do" if healing.attempts else ""
