"""What the engine asks of the outside world besides its store and transport: the time, in
both senses, and fresh names. The simulator brings its own.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two clocks: ``now`` is wall time (windows, display), ``monotonic_s`` only ever grows
    (deadlines). Sleeping is asyncio's, which the simulated loop turns into virtual time."""

    def now(self) -> datetime:
        """Wall time, in UTC, aware."""

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start, never going back."""


class Chance(Protocol):
    """Fresh names and jitter."""

    def name(self) -> str:
        """A new name that no other engine has: lower-case letters and digits."""

    def jitter(self, seconds: float) -> float:
        """Something between 0 and ``seconds``."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Wall time, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """The monotonic clock."""
        return time.monotonic()


class SystemChance:
    """The machine's randomness."""

    def name(self) -> str:
        """Twelve hexadecimal digits and the process id."""
        return f"{secrets.token_hex(6)}{os.getpid()}"

    def jitter(self, seconds: float) -> float:
        """Uniform."""
        return random.uniform(0, seconds)
