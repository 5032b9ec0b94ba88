"""Releases brought to hosts while their changes wait, so that an opening window costs only the
switch: what came of it, as an event and as the state's memory of it.

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
class Staged:
    """What the engine knows of one host of an item that waits: how often it was tried, and when
    the last try was over, in engine time."""

    sha256: str
    here: bool
    tries: int = 1
    ended_s: float = 0.0
    detail: str = ""
