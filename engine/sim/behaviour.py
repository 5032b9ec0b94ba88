"""How a version behaves once it runs: the fate that the world's seed gave it."""

from __future__ import annotations

from enum import StrEnum

READY_S = 0.3
SLOW_S = 6.0
PERIOD_S = 2.0


class Behaviour(StrEnum):
    """What becomes of a process of some version."""

    HEALTHY = "healthy"  # soon after its start, and for good
    SLOW = "slow"  # healthy, but only after SLOW_S
    NEVER = "never"  # runs, and never passes its check
    FLAPPING = "flapping"  # passes and fails by turns, too briefly to be called healthy
    CRASHING = "crashing"  # ends again and again
    LYING = "lying"  # passes, and reports another version than its own
    REFUSED = "refused"  # is not even started: no such image, or the script says no

    def passes(self, age_s: float) -> bool:
        """Whether the health check passes, so long after the start."""
        if self is Behaviour.SLOW:
            return age_s >= SLOW_S
        if self is Behaviour.FLAPPING:
            return age_s >= READY_S and age_s % PERIOD_S < PERIOD_S / 2
        return self in (Behaviour.HEALTHY, Behaviour.LYING) and age_s >= READY_S

    def runs(self, age_s: float) -> bool:
        """Whether the process is there at all, or being restarted."""
        if self is Behaviour.REFUSED or age_s < 0:
            return False
        return self is not Behaviour.CRASHING or age_s % PERIOD_S < PERIOD_S / 2

    def restarts(self, age_s: float) -> int:
        """How often it was restarted by then."""
        return int(age_s // PERIOD_S) if self is Behaviour.CRASHING and age_s > 0 else 0
