"""What people give to a change (approvals of exactly these items, overrides of one gate), and
the policies that ask for it or allow it.

Both are bound in time or to content: an override ends by itself, an approval counts only for
the items that its giver saw. Policies name people by their operating-system users, and teams
as ``team:NAME``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model.scope import Scope


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes. ``digest`` is that of the change's items at the time
    (``Change.digest``): for other items it says nothing."""

    by: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Override:
    """One gate (or one single reason of it) lifted for one change, until ``until`` (UTC)."""

    gate: str
    by: str
    reason: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Changes within ``scope`` need the approval of ``count`` of the people named in ``givers``
    (none named: anybody's). ``four_eyes``: the requester's own never counts."""

    name: str
    scope: Scope
    count: int = 1
    givers: tuple[str, ...] = ()
    four_eyes: bool = True


@dataclass(frozen=True, slots=True)
class EvidencePolicy:
    """Changes within ``scope`` must carry evidence ``key`` that matches ``pattern`` in full."""

    name: str
    scope: Scope
    key: str
    pattern: str


@dataclass(frozen=True, slots=True)
class OverridePolicy:
    """The ``gates`` (or single reasons) that the people named in ``who`` may lift for one
    change, for at most ``max_s`` seconds at a time."""

    gates: tuple[str, ...]
    who: tuple[str, ...]
    max_s: float = 4 * 3600.0
