"""Every limit and patience of the SSH transport in one place, each with its reason.

They are a value and not constants, so that tests can show in a second what takes a minute.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits; times are seconds.

    ``connect_s``: one attempt at a connection, login included. ``dial_s``: all attempts of one
    call together. ``attempts``: sshd drops connections at random when many start at once
    (MaxStartups), so one loss during the login says nothing yet. ``keepalive_s`` times
    ``keepalive_count`` is how long a half-open link can go unnoticed. ``channels``: commands at
    a time on one connection, two below sshd's usual MaxSessions; lowered when a host refuses.
    ``starts`` connections may be in progress at a time, ``starts_per_server`` through one
    bastion or to one address. ``refused_s`` to ``refused_most_s``: pause after a refused login,
    doubled each time (sshd's PerSourcePenalties locks out who insists). ``linger_s``: how long
    output may still come after the exit status. ``close_s``: how long an orderly goodbye may take.
    """

    connect_s: float = 10.0
    dial_s: float = 30.0
    attempts: int = 8
    keepalive_s: float = 10.0
    keepalive_count: int = 3
    channels: int = 8
    starts: int = 32
    starts_per_server: int = 8
    refused_s: float = 5.0
    refused_most_s: float = 60.0
    linger_s: float = 5.0
    close_s: float = 2.0


def backoff_s(attempt: int, first_s: float = 0.1, most_s: float = 3.0) -> float:
    """Seconds to wait before trying again after ``attempt`` failures: growing, and jittered so
    that those who failed together do not come back together."""
    return float(random.uniform(0.5, 1.0) * min(most_s, first_s * 2**attempt))
