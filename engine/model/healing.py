"""Drift and healing: what differs at a placement from what was last brought there, the attempts to
mend it, and the facts of both as events in the journal.

A heal is no change: nobody asked for it, it has no place in the queue, and it moves one placement to
where it was meant to be. It is a step like any other, under a name of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.model.change import Move, MoveState
from engine.model.hook import HookRun
from engine.model.names import InstanceId, PlacementId


class Difference(StrEnum):
    """What about a placement is not as it was last deployed, in the words that people are shown."""

    MISSING = "missing"
    VERSION = "version"
    STOPPED = "stopped"
    FAILED = "failed"
    UNIT = "unit changed"
    CONTENT = "content changed"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Healing:
    """What is known of one placement's drift. ``differs`` is empty while nothing does: the attempts
    are remembered for a while, so that something that undoes them again and again is noticed.

    ``sightings`` counts those in a row that showed it, up to 2; ``attempts`` the heals begun,
    ``ended_s`` is when the last one ended (engine time), ``detail`` why it did not do. ``flight`` is
    the heal under way. ``released_by``: the person who said to heal although much drifted at once.
    ``healed`` is what the last heal mended: if the same differs again soon, it is counted on.
    ``hooks`` are the runs of hooks of the last heal, by step; ``drains``: it found the service running,
    so that it is drained first; ``done`` is the step of the last heal if that did its work.
    """

    placement: PlacementId
    differs: tuple[str, ...] = ()
    sightings: int = 0
    since: datetime | None = None
    attempts: int = 0
    ended_s: float = 0.0
    detail: str = ""
    flight: Move | None = None
    released_by: str = ""
    healed: tuple[str, ...] = ()
    hooks: Mapping[str, HookRun] = field(default_factory=dict)
    drains: bool = False
    done: str = ""

    @property
    def id(self) -> str:
        """None: nobody asked for it, so it is no change."""
        return ""

    @property
    def environment(self) -> str:
        """The placement's."""
        return self.placement.environment


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """A placement is not what it was last brought to, seen so often in a row (2: twice or more)."""

    placement: PlacementId
    differs: tuple[str, ...]
    sightings: int


@dataclass(frozen=True, slots=True)
class DriftGone:
    """The placement is what it should be, or a rollout has taken it over."""

    placement: PlacementId


@dataclass(frozen=True, slots=True)
class HealIntended:
    """Recorded before the deed: from here on both ends of the heal may be running. ``drains``: the
    service runs, and its ``drain`` comes first."""

    placement: PlacementId
    step: str
    origin: str | None
    goal: str
    attempt: int
    drains: bool = False


@dataclass(frozen=True, slots=True)
class HealEnded:
    """What became of a heal. ``detail`` and ``log`` come from the host, made harmless."""

    placement: PlacementId
    step: str
    state: MoveState
    detail: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HealReleased:
    """A person wants the drift of an instance healed, and tried anew where that had failed."""

    instance: InstanceId
    by: str


HealingEvent = DriftSeen | DriftGone | HealIntended | HealEnded | HealReleased
