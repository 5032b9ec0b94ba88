"""Externals: what is needed and never rolled (a SaaS, a database of somebody else's). The engine
asks them whether they are well; one that cannot be asked is not known to be, and does not pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model.observation import Health


@dataclass(frozen=True, slots=True)
class External:
    """One external and how it is asked, from the engine's host, every ``interval_s``: ``http`` passes
    on a 2xx answer, ``tcp`` (ADDRESS:PORT) on a connection, ``command`` on exit status 0. ``owner``
    is the team to ask about it ("" = none)."""

    name: str
    http: str = ""
    tcp: str = ""
    command: tuple[str, ...] = ()
    interval_s: float = 15.0
    timeout_s: float = 5.0
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ExternalNeed:
    """A service needs an external, with those of its versions that satisfy ``when`` ("" = all)."""

    external: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class ExternalState:
    """How an external was when it last changed: since when (UTC), and why, in words."""

    external: str
    health: Health
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ExternalSeen:
    """An external is not as it was before."""

    external: str
    health: Health
    detail: str = ""
