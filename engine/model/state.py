"""All that the engine knows, as one value: the fold of every event so far.

``State`` is what a snapshot in the journal holds and what the planner reads. What was
observed and what was decided stand side by side here and are never mixed: targets come from
changes, sightings from hosts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.alarm import AlarmState
from engine.model.change import FINAL, UNFINISHED_ROLLOUT, Change, Item, Move, MoveState
from engine.model.external import ExternalState
from engine.model.healing import Healing
from engine.model.maintenance import Maintenance
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import HostState, Sighting
from engine.model.service import Configuration
from engine.model.soak import Soak


@dataclass(frozen=True, slots=True)
class Good:
    """A version that was converged and healthy here: what a rollback may go to."""

    version: str
    configuration: Configuration
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What one placement was last brought to, or was adopted with: it is observed by this
    configuration and healed back to it, whatever the inventory says meanwhile. ``configuration``
    is a digest (``State.configurations``); ``sha256`` the artifact's, "" where it is not known."""

    placement: PlacementId
    version: str
    configuration: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """A version that must not be deployed here: why, who says so ("interlock": it was seen),
    and the change in which it showed ("" if none)."""

    version: str
    reason: str
    by: str
    at: datetime
    change: str = ""


@dataclass(frozen=True, slots=True)
class InstanceState:
    """One instance: what it is held at, and what it was good at before (oldest first).

    ``target`` None: nothing was ever adopted or deployed, or several versions run.
    ``held_by``: a person has taken hands off it (pause/hold SERVICE), "" if nobody has.
    ``hosts`` are those it ran on when it last converged: a placement elsewhere is a new one.
    ``away``: hosts on which it was stopped for their maintenance, and comes back when that is over.
    ``batch_s``: what a batch took in each of its latest rollouts, in seconds, oldest first.
    """

    id: InstanceId
    target: str | None = None
    configuration: Configuration | None = None
    good: tuple[Good, ...] = ()
    held_by: str = ""
    batch_s: tuple[float, ...] = ()
    bad: tuple[Bad, ...] = ()
    hosts: tuple[str, ...] = ()
    away: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drained:
    """A placement that was drained, or may have been, by the move ``move`` of ``change``: until
    ``undrain`` of ``configuration`` is known to have succeeded it is unavailable. ``running`` is the
    step of the try under way; ``again_s`` (engine time) is when the next one may begin."""

    placement: PlacementId
    change: str
    move: str
    configuration: Configuration
    attempts: int = 0
    running: str = ""
    again_s: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """The engine's whole memory. ``elapsed_s`` is engine time: it stands still while the
    engine is down. ``changes`` holds every unfinished change and the latest finished ones,
    in the order they came. ``configurations`` are those that ``deployed`` speaks of, by digest.
    ``heals`` counts those ever begun. ``former`` are changes as they had ended, without their moves, before somebody
    had them tried again: whoever is told of ends is told of these too, however late."""

    store: str = ""
    epoch: int = 0
    engine: str = ""
    elapsed_s: float = 0.0
    next_change: int = 1
    paused_by: str = ""
    instances: Mapping[InstanceId, InstanceState] = field(default_factory=dict)
    sightings: Mapping[PlacementId, Sighting] = field(default_factory=dict)
    hosts: Mapping[str, HostState] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    alarms: Mapping[str, AlarmState] = field(default_factory=dict)
    externals: Mapping[str, ExternalState] = field(default_factory=dict)
    soaks: Mapping[InstanceId, tuple[Soak, ...]] = field(default_factory=dict)
    deployed: Mapping[PlacementId, Deployed] = field(default_factory=dict)
    configurations: Mapping[str, Configuration] = field(default_factory=dict)
    healings: Mapping[PlacementId, Healing] = field(default_factory=dict)
    heals: int = 0
    maintenance: Mapping[str, Maintenance] = field(default_factory=dict)
    drained: Mapping[PlacementId, Drained] = field(default_factory=dict)
    former: tuple[Change, ...] = ()

    @property
    def is_restless(self) -> bool:
        """Whether time alone may bring something to do: an unfinished change, a drained placement."""
        return bool(self.drained) or any(change.status not in FINAL for change in self.changes.values())

    def unfinished(self) -> tuple[Change, ...]:
        """Changes that are not done, in the order of the queue."""
        left = [change for change in self.changes.values() if change.status not in FINAL]
        return tuple(sorted(left, key=lambda change: change.place))

    def rollouts(self) -> tuple[tuple[Change, Item], ...]:
        """Items that are being carried out, taken back, or paused half-way."""
        return tuple(
            (change, item)
            for change in self.changes.values()
            if change.status not in FINAL
            for item in change.items
            if item.status in UNFINISHED_ROLLOUT
        )

    def moves_in_flight(self) -> tuple[tuple[Change, Item, Move], ...]:
        """Moves intended without an outcome, finished changes included: none may be lost."""
        return tuple(
            (change, item, move)
            for change in self.changes.values()
            for item in change.items
            for move in item.moves.values()
            if move.state is MoveState.MOVING
        )

    def heals_in_flight(self) -> tuple[tuple[Healing, Move], ...]:
        """Heals intended without an outcome."""
        return tuple((each, each.flight) for each in self.healings.values() if each.flight is not None)
