"""What people give to a change (approvals of exactly these items, overrides of one gate), and
the policies that ask for it or allow it.

Both are bound in time or to content: an override ends by itself, an approval counts only for
the items that its giver saw. Policies name people by their operating-system users, and teams
as ``team:NAME``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
    (none named: anybody's). ``four_eyes``: the requester's own never counts. ``valid_s``: an
    approval counts for so many seconds; None: for as long as the change is what it was."""

    name: str
    scope: Scope
    count: int = 1
    givers: tuple[str, ...] = ()
    four_eyes: bool = True
    valid_s: float | None = None

    def end_of(self, approval: Approval) -> datetime | None:
        """When an approval ceases to count for this policy; None: never by itself."""
        return approval.at + timedelta(seconds=self.valid_s) if self.valid_s is not None else None

    def is_over(self, approval: Approval, now: datetime) -> bool:
        """Whether an approval has ceased to count."""
        end = self.end_of(approval)
        return end is not None and now >= end


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
    change all of whose services ``scope`` covers, for at most ``max_s`` seconds at a time."""

    gates: tuple[str, ...]
    who: tuple[str, ...]
    max_s: float = 4 * 3600.0
    scope: Scope = field(default_factory=Scope)
