"""What people decide about changes and versions, as events in the journal; and which versions
showed themselves to be bad, which people may undo.

As with all events, a class's name is its kind in the journal: renaming one needs a migration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model.names import InstanceId


@dataclass(frozen=True, slots=True)
class ChangeHeld:
    """A person keeps a change from starting."""

    change: str
    by: str


@dataclass(frozen=True, slots=True)
class ChangeReleased:
    """The change may start again."""

    change: str
    by: str


@dataclass(frozen=True, slots=True)
class ChangeApproved:
    """A person's yes to exactly these items (``digest``)."""

    change: str
    by: str
    digest: str


@dataclass(frozen=True, slots=True)
class ChangeRejected:
    """A person's no: the change is cancelled."""

    change: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChangeAborted:
    """A person takes the unfinished part of a change back."""

    change: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRetried:
    """These services of a change begin anew: they failed, were taken back, or never started."""

    change: str
    by: str
    services: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChangeExpedited:
    """A person moved a change ahead of the queue."""

    change: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GateOverridden:
    """A person lifted one gate (or one reason of it) for one change, until ``until``."""

    change: str
    gate: str
    by: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class VersionMarkedBad:
    """A version must not be deployed here: it failed here (``by`` interlock), or a person says so."""

    instance: InstanceId
    version: str
    reason: str
    by: str = "interlock"
    change: str = ""


@dataclass(frozen=True, slots=True)
class VersionCleared:
    """The version may be deployed here again."""

    instance: InstanceId
    version: str
    by: str
    reason: str
