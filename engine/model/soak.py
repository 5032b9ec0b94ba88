"""How long a release has proven itself in an environment: what a later environment asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Soak:
    """One release's time as target, healthy on every placement of an instance, in engine time.

    ``since_s`` is when the present stretch was last taken up (None: it does not count now);
    ``banked_s`` is what the stretch had come to before; ``longest_s`` the longest that is over.
    Time in which a placement could not be observed does not count, and breaks nothing.
    """

    version: str
    sha256: str
    since_s: float | None = None
    banked_s: float = 0.0
    longest_s: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a stretch that may go on."""
        return self.since_s is not None or self.banked_s > 0

    def stretch_s(self, now_s: float) -> float:
        """The present stretch."""
        return self.banked_s + (now_s - self.since_s if self.since_s is not None else 0.0)

    def best_s(self, now_s: float) -> float:
        """The longest unbroken time so far."""
        return max(self.longest_s, self.stretch_s(now_s))
