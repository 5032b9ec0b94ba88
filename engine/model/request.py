"""What operators ask of the engine, as data. ``actor`` is who asks: the name that belongs to
the peer's uid at the socket, never something the request says of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.change import OnFailure
from engine.model.maintenance import MaintenanceRequest


@dataclass(frozen=True, slots=True)
class Deploy:
    """Move services of one environment to versions, as one change.

    ``only_differing`` (``apply``): leave out what is desired already, and queue nothing if
    nothing is left. Otherwise asking for what runs already is a change that is soon done.
    ``reconfigure`` (``apply --config``): what differs in its configuration or placements only
    differs too, and without ``services`` everything in the environment is looked at.
    ``accept_bridge``: where no order is safe, queue the steps of the bridge instead.
    ``through``: queue a change for each environment up to this one ("" = only ``environment``).
    ``evidence``: what policies ask for, by key. ``not_before`` (UTC): it does not start earlier.
    ``allow_lockstep``: where no order is safe, stop the consumers, move the rest, start them anew.
    ``when_available``: take versions whose artifacts are not known yet; they are waited for.
    """

    actor: str
    environment: str
    services: Mapping[str, str]
    reason: str = ""
    on_failure: OnFailure = OnFailure.HOLD
    only_differing: bool = False
    accept_bridge: bool = False
    through: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None
    when_available: bool = False
    reconfigure: bool = False
    allow_lockstep: bool = False


@dataclass(frozen=True, slots=True)
class Rollback:
    """Back to an earlier good version. ``subject``: SERVICE, SERVICE@ENV or a change's id (all
    its services); ``to`` names the version, "" means the newest good one. ``mark_bad``: the
    version that is left must not be deployed here again. ``chain``: with everything that refuses
    the older version, dependents first. ``allow_lockstep``: as in Deploy."""

    actor: str
    subject: str
    to: str = ""
    reason: str = ""
    mark_bad: bool = False
    chain: bool = False
    allow_lockstep: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop at the next safe point: a change, an instance (hands off), or "" for all starts."""

    actor: str
    subject: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Undo ``Pause`` of the same subject."""

    actor: str
    subject: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take a change that has not started, or the unstarted rest of one that failed, out of the queue."""

    actor: str
    change: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep a change that has not started from starting, or take hands off an instance."""

    actor: str
    subject: str


@dataclass(frozen=True, slots=True)
class Release:
    """Undo ``Hold`` of the same subject."""

    actor: str
    subject: str


@dataclass(frozen=True, slots=True)
class Abort:
    """Stop a change at its safe point and take back what is unfinished; what is done follows
    ``on_failure``. One that has not started is cancelled."""

    actor: str
    change: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Begin the items of a change anew that failed, were taken back, or never started.
    ``reason`` is asked for, and clears the version, where one is bad."""

    actor: str
    change: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Promote:
    """Let the canaries of a change go on, which have baked and wait for a person."""

    actor: str
    change: str


@dataclass(frozen=True, slots=True)
class Expedite:
    """Move a change ahead of the queue."""

    actor: str
    change: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approve:
    """A yes to a change. ``digest`` is that of the items that were looked at: it is refused if
    they have changed since ("" = as they are)."""

    actor: str
    change: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """A no to a change that has not started: it is cancelled."""

    actor: str
    change: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OverrideGate:
    """Lift one gate (its name or one of its reasons) for one change. ``for_s``: for how long,
    in seconds; None: as long as the policy allows."""

    actor: str
    change: str
    gate: str
    reason: str
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class ClearBad:
    """Say of bad versions that they may be deployed again; ``environment`` "" means wherever
    they are bad."""

    actor: str
    services: Mapping[str, str]
    reason: str
    environment: str = ""


@dataclass(frozen=True, slots=True)
class SettleHook:
    """Say what became of a change's hooks that have no known, or no good, end: they did their
    work, or (``again``) they are to be run anew."""

    actor: str
    change: str
    again: bool


Request = (
    Deploy
    | Rollback
    | Pause
    | Resume
    | Cancel
    | Hold
    | Release
    | Abort
    | Retry
    | Promote
    | Expedite
    | Approve
    | Reject
    | OverrideGate
    | ClearBad
    | MaintenanceRequest
    | SettleHook
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: the change it queued ("" if none; the first of several
    ``changes``), and a sentence."""

    change: str
    message: str
    changes: tuple[str, ...] = ()
