"""The engine's clock and chance in a simulated world: virtual time, seeded names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

BEGINNING = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)


class SimClock:
    """One engine process's view of time. Its monotonic clock starts anywhere; its wall clock
    can be set wrong by ``jump``, as clocks are."""

    def __init__(self, time_s: Callable[[], float], random: Random) -> None:
        self._time_s = time_s
        self._offset_s = random.uniform(0.0, 1e6)
        self._wrong_by = timedelta()

    def now(self) -> datetime:
        """Wall time, in UTC."""
        return BEGINNING + timedelta(seconds=self._time_s()) + self._wrong_by

    def monotonic_s(self) -> float:
        """Seconds since this process's arbitrary start."""
        return self._offset_s + self._time_s()

    def jump(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self._wrong_by += timedelta(seconds=seconds)


class SimChance:
    """Names and jitter that come again with the same seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def name(self) -> str:
        """Twelve hexadecimal digits."""
        return f"{self._random.getrandbits(48):012x}"

    def jitter(self, seconds: float) -> float:
        """Uniform."""
        return self._random.uniform(0.0, seconds)
