"""A rollout goes in stages: the canaries, then one failure domain after the other (or the rest as
a whole). What is known of the one that bakes, and what happens to stages, as events in the journal.

As with all events, a class's name is its kind in the journal: renaming one needs a migration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bake:
    """A stage that has to stay healthy, or waits for a person's promotion. ``since_s`` is engine
    time; ``boots`` are its hosts with their boots as it began: a host that went down meanwhile
    says nothing about the version."""

    stage: str
    since_s: float
    boots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageBaking:
    """Everything of a stage has moved and is healthy: its bake begins. ``stage`` "": the bake was
    cut off, because a host went down, and will begin anew."""

    change: str
    service: str
    stage: str
    boots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StagePassed:
    """A stage was healthy through its bake, and promoted where that is asked for."""

    change: str
    service: str
    stage: str


@dataclass(frozen=True, slots=True)
class RolloutStood:
    """A gate holds a running rollout, so that its progress clock stands still; or (``stands``
    False) holds it no longer."""

    change: str
    service: str
    stands: bool


@dataclass(frozen=True, slots=True)
class ChangePromoted:
    """A person lets these services' canaries go on."""

    change: str
    by: str
    services: tuple[str, ...]
