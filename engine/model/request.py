"""What operators ask of the engine, as data. ``actor`` is who asks: the name that belongs to
the peer's uid at the socket, never something the request says of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.change import OnFailure


@dataclass(frozen=True, slots=True)
class Deploy:
    """Move services of one environment to versions, as one change.

    ``only_differing`` (``apply``): leave out what is desired already, and queue nothing if
    nothing is left. Otherwise asking for what runs already is a change that is soon done.
    ``accept_bridge``: where no order is safe, queue the steps of the bridge instead.
    ``through``: queue a change for each environment up to this one ("" = only ``environment``).
    """

    actor: str
    environment: str
    services: Mapping[str, str]
    reason: str = ""
    on_failure: OnFailure = OnFailure.HOLD
    only_differing: bool = False
    accept_bridge: bool = False
    through: str = ""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Back to an earlier good version. ``subject``: SERVICE, SERVICE@ENV or a change's id (all
    its services); ``to`` names the version, "" means the newest good one."""

    actor: str
    subject: str
    to: str = ""
    reason: str = ""


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


Request = Deploy | Rollback | Pause | Resume | Cancel


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: the change it queued ("" if none; the first of several
    ``changes``), and a sentence."""

    change: str
    message: str
    changes: tuple[str, ...] = ()
