"""What the planner sees, and what it answers: the input and output of every decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.model.event import Event
from engine.model.hook import HookName
from engine.model.inventory import Inventory
from engine.model.names import PlacementId
from engine.model.release import Artifact, Catalog
from engine.model.service import Configuration
from engine.model.state import State
from engine.model.wait import Wait


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world as one value. ``now`` is wall time in UTC; ``elapsed_s`` is engine time.

    ``executing`` names the steps that this engine process is carrying out at this moment: a
    move in flight that is not among them was left by a crash or a lost link, and is taken up
    again. ``draining``: the engine is stopping and starts nothing new.
    """

    inventory: Inventory
    catalog: Catalog
    state: State
    now: datetime
    elapsed_s: float
    executing: frozenset[str] = frozenset()
    draining: bool = False
    staging: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decide:
    """Something that is decided and recorded, with nothing to do outside."""

    event: Event


@dataclass(frozen=True, slots=True)
class Execute:
    """A move to carry out on a host: record ``intent`` first (None if it already is), then
    bring ``placement`` to ``goal`` (None: stop it and leave nothing current).

    ``artifact`` is what to stage, None where the host must have the release already. ``keep``:
    what the host has under that version stays, whatever its content. ``former``: the configuration
    in another base folder, or under another driver, that makes room for this one. ``staged``: the
    release was brought there while the change waited, so that the step may begin with the switch.
    ``anew``: what the host has under that version is not what was deployed, and gives way even if it
    runs. ``drains``: it stops for its host's maintenance, once its hook ``drain`` has run.
    """

    change: str
    placement: PlacementId
    step: str
    origin: str | None
    goal: str | None
    configuration: Configuration
    min_healthy_time_s: float
    healthy_deadline_s: float
    confirm_timeout_s: float
    artifact: Artifact | None
    intent: Event | None
    keep: bool = False
    former: Configuration | None = None
    drains: bool = False
    staged: bool = False
    keep_releases: int = 5
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A release to bring to a host while its change waits. Nothing is recorded before it: it may
    be done twice, or not at all. ``name`` tells it from others."""

    change: str
    placement: PlacementId
    name: str
    goal: str
    configuration: Configuration
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class RunHook:
    """A hook to run for a placement, on the host ``on`` or ("engine") beside the engine: record
    ``intent`` first (None if it already is). ``version`` is what its placeholder stands for. With
    ``staged``, the move that it prepares, that move's release is brought to the placement first and
    the hook runs in it; else in what is current."""

    change: str
    placement: PlacementId
    hook: HookName
    step: str
    on: str
    configuration: Configuration
    version: str | None
    intent: Event | None = None
    staged: Execute | None = None


Action = Decide | Execute | RunHook | Stage


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, and why the rest waits. Every unfinished thing is in one of the two, or
    in flight. ``estate`` is what the planner found out on the way, for its next plan; nobody else
    looks into it."""

    actions: tuple[Action, ...] = ()
    waits: tuple[Wait, ...] = ()
    estate: object = field(default=None, compare=False, repr=False)

    @property
    def awaited_alarms(self) -> frozenset[str]:
        """The alarms that something waits for, by name."""
        return frozenset(wait.owner.rpartition(".")[2] for wait in self.waits if wait.gate == "alarm")

    def clears_in_s(self, now: datetime) -> float | None:
        """Seconds until the next wait can clear by itself, at least a hundredth; None if none
        says when."""
        times = [wait.until for wait in self.waits if wait.until is not None and wait.until > now]
        return max(0.01, (min(times) - now).total_seconds()) if times else None

    @property
    def awaits_artifact(self) -> bool:
        """Whether something waits for a file that may be published any moment."""
        return any(wait.gate == "artifact" for wait in self.waits)
