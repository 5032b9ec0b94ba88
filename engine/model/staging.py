"""Releases of changes that wait: brought to hosts ahead, so that an opening window costs only the switch;
and, where a change was taken before its artifact was there, the content that came. As events and as the
state's memory of them.

As with all events, a class's name is its kind in the journal: renaming one needs a migration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReleaseStaged:
    """A try to bring the release of an item to a host is over: it is there (``here``), with this
    content, or ``detail`` says why it is not."""

    change: str
    service: str
    host: str
    sha256: str
    here: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReleasePinned:
    """The artifact for which an item waited is there: from here on the item means this content, and no
    approval of before counts, since nobody could know then what would come."""

    change: str
    service: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Staged:
    """What the engine knows of one host of an item that waits: how often it was tried, and when
    the last try was over, in engine time."""

    sha256: str
    here: bool
    tries: int = 1
    ended_s: float = 0.0
    detail: str = ""


StagingEvent = ReleaseStaged | ReleasePinned
