"""Alarms: somebody else's judgement of whether all is well. They are asked by the engine; a
check that cannot be read is never a passing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.model.scope import Scope


class Verdict(StrEnum):
    """What an alarm says."""

    CLEAR = "clear"
    FIRING = "firing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AlarmPolicy:
    """One policy of ``policies.alarms``: how it is asked, and what it holds.

    One of: ``prometheus`` (a server's URL) with ``query``, which fires while it returns any
    sample; ``http``, which fires while it answers with anything but 2xx; ``command``, run on the
    engine's host, which fires on any exit status but 0. It fires once that has lasted ``for_s``.
    """

    name: str
    scope: Scope
    prometheus: str = ""
    query: str = ""
    http: str = ""
    command: tuple[str, ...] = ()
    for_s: float = 0.0
    interval_s: float = 15.0
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class AlarmState:
    """What an alarm last said, since when (UTC), and why, in words."""

    alarm: str
    verdict: Verdict
    detail: str
    since: datetime
