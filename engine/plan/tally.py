"""How many placements of a scope there are, and which of them are unavailable: what budgets count."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model.names import PlacementId

# What a budget covers: an environment, or ("" is none) its part of one failure domain.
Scope = tuple[str, str]


@dataclass(slots=True)
class Tally:
    """Placements that run something, or should: how many, and which of them are unavailable."""

    total: int = 0
    lost: list[PlacementId] = field(default_factory=list)
