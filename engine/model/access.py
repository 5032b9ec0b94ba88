"""What belongs to the audit and changes nothing else: requests that were not granted, copies of
the journal that were taken, and inventories that decisions were made from.

As with all events, a class's name is its kind in the journal: renaming one needs a migration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JournalCopied:
    """Somebody took a backup, as of event ``seq``."""

    by: str
    seq: int


@dataclass(frozen=True, slots=True)
class InventoryLoaded:
    """From here on decisions are made from the inventory that the journal keeps under ``digest``."""

    digest: str


@dataclass(frozen=True, slots=True)
class RequestTurnedDown:
    """A request that changed nothing. ``asked`` is its kind (``Deploy``), ``subject`` what it was
    about, ``denied``: the person has no role for it; otherwise it was not possible then."""

    by: str
    asked: str
    subject: str
    why: str
    denied: bool = False
