"""Requests that were not granted, as events in the journal: what somebody wanted and may not do
belongs to the audit as much as what was done.

As with all events, a class's name is its kind in the journal: renaming one needs a migration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestTurnedDown:
    """A request that changed nothing. ``asked`` is its kind (``Deploy``), ``subject`` what it was
    about, ``denied``: the person has no role for it; otherwise it was not possible then."""

    by: str
    asked: str
    subject: str
    why: str
    denied: bool = False
