"""What people give to a change: approvals of exactly these items, and overrides of one gate.

Both are bound in time or to content: an override ends by itself, an approval counts only for
the items that its giver saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
