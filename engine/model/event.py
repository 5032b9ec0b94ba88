"""Every fact that happened, as the journal keeps it. State is the fold of these (plan.evolve).

A class's name is its kind in the journal: renaming one needs a migration. Events hold what
was decided or seen, never what can be computed again from the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model.access import InventoryLoaded, JournalCopied, RequestTurnedDown
from engine.model.alarm import Verdict
from engine.model.change import Change, MoveState, Status
from engine.model.decision import (
    ChangeAborted,
    ChangeApproved,
    ChangeExpedited,
    ChangeHeld,
    ChangeRejected,
    ChangeReleased,
    ChangeRetried,
    GateOverridden,
    VersionCleared,
    VersionMarkedBad,
)
from engine.model.external import ExternalSeen
from engine.model.healing import HealingEvent
from engine.model.hook_event import HookEvent
from engine.model.maintenance import MaintenanceEvent
from engine.model.names import InstanceId
from engine.model.observation import Reach, Sighting
from engine.model.outage import OutageBegan
from engine.model.service import Configuration
from engine.model.stage import ChangePromoted, RolloutStood, StageBaking, StagePassed
from engine.model.staging import StagingEvent


@dataclass(frozen=True, slots=True)
class EngineStarted:
    """An engine took up the journal under a new epoch; all host claims are to be renewed."""

    store: str
    epoch: int
    engine: str


@dataclass(frozen=True, slots=True)
class EnginePaused:
    """Starts and heals of the whole engine stop; reverts under way finish."""

    by: str


@dataclass(frozen=True, slots=True)
class EngineResumed:
    """The engine may start things again."""

    by: str


@dataclass(frozen=True, slots=True)
class HostSeen:
    """A host's reach, boot, claim or clock is not what it was."""

    host: str
    reach: Reach
    boot_id: str
    fenced: bool
    reason: str = ""
    skew_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PlacementSeen:
    """A placement is not what it was at its last sighting."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class AlarmSeen:
    """An alarm does not say what it said before; ``detail`` says why, in words."""

    alarm: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True, slots=True)
class InstanceAdopted:
    """The one version that runs everywhere (on ``hosts``) became target and desired, untouched."""

    instance: InstanceId
    version: str
    configuration: Configuration
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceHeld:
    """A person took hands off an instance."""

    instance: InstanceId
    by: str


@dataclass(frozen=True, slots=True)
class InstanceReleased:
    """The hold is over."""

    instance: InstanceId
    by: str


@dataclass(frozen=True, slots=True)
class SoakBegan:
    """A release is healthy everywhere in an environment that others come after: its time begins
    to count, or goes on counting. ``sha256`` is its artifact's ("" if there is none)."""

    instance: InstanceId
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SoakPaused:
    """A placement cannot be observed: the time stops counting."""

    instance: InstanceId
    version: str


@dataclass(frozen=True, slots=True)
class SoakBroken:
    """It was not healthy, or moved: the next stretch begins at nothing."""

    instance: InstanceId
    version: str


@dataclass(frozen=True, slots=True)
class SoakRevoked:
    """The environment went back off this version: what it had soaked there counts no more."""

    instance: InstanceId
    version: str


@dataclass(frozen=True, slots=True)
class ChangeAccepted:
    """A request became a change in the queue."""

    change: Change


@dataclass(frozen=True, slots=True)
class ChangePaused:
    """Nothing more of the change starts; what moves reaches its safe point."""

    change: str
    by: str


@dataclass(frozen=True, slots=True)
class ChangeResumed:
    """The change goes on."""

    change: str
    by: str


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """An item entered a status: started, succeeded, failed, reverting, superseded, ...
    ``failure`` says why, where there is a why."""

    change: str
    service: str
    status: Status
    failure: str = ""


@dataclass(frozen=True, slots=True)
class RolloutShut:
    """``by``, a window or freeze, shut over a running rollout: it pauses, or (``revert``) goes
    back to wait again. "": it goes on."""

    change: str
    service: str
    by: str
    revert: bool = False


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    """A change entered a status."""

    change: str
    status: Status
    by: str = ""


@dataclass(frozen=True, slots=True)
class MoveIntended:
    """Recorded before the deed: from here on both ends of the move may be running."""

    change: str
    service: str
    host: str
    step: str
    origin: str | None
    goal: str | None
    attempt: int
    back: bool = False


@dataclass(frozen=True, slots=True)
class MoveEnded:
    """What became of a move. ``detail`` and ``log`` come from the host, made harmless."""

    change: str
    service: str
    host: str
    step: str
    state: MoveState
    detail: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForecastPublished:
    """When a change was expected to start and end; ``held`` says why nobody can tell. Kept, so
    that forecasts can be measured against what came."""

    change: str
    start: datetime | None = None
    end: datetime | None = None
    end_p90: datetime | None = None
    held: str = ""


Event = (
    EngineStarted
    | EnginePaused
    | EngineResumed
    | RequestTurnedDown
    | JournalCopied
    | InventoryLoaded
    | HostSeen
    | PlacementSeen
    | AlarmSeen
    | ExternalSeen
    | InstanceAdopted
    | InstanceHeld
    | InstanceReleased
    | SoakBegan
    | SoakPaused
    | SoakBroken
    | SoakRevoked
    | ChangeAccepted
    | ChangePaused
    | ChangeResumed
    | ChangeHeld
    | ChangeReleased
    | ChangeApproved
    | ChangeRejected
    | ChangeAborted
    | ChangeRetried
    | ChangeExpedited
    | GateOverridden
    | VersionMarkedBad
    | VersionCleared
    | ItemStatus
    | OutageBegan
    | RolloutShut
    | StageBaking
    | StagePassed
    | RolloutStood
    | ChangePromoted
    | ChangeStatus
    | MoveIntended
    | MoveEnded
    | StagingEvent
    | ForecastPublished
    | HealingEvent
    | MaintenanceEvent
    | HookEvent
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the journal: ``at`` is wall time (UTC), ``elapsed_s`` engine
    time, ``seq`` counts from 1 without gaps."""

    seq: int
    at: datetime
    elapsed_s: float
    event: Event
