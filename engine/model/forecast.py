"""What is foreseen: when each change will start and end, as things stand at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Leg:
    """The rollout of one service of a change, from start to end."""

    change: str
    service: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One change: half of all such changes end before ``end``, nine in ten before ``end_p90``.

    ``made`` is when this was foreseen. Without a time, ``held`` names the reasons why nobody
    can say when (they need a person, or an event with no date).
    """

    change: str
    made: datetime
    start: datetime | None = None
    end: datetime | None = None
    end_p90: datetime | None = None
    held: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """All unfinished changes, in the order in which they will end, those that nobody can date
    last. ``legs`` are in the order of their starts. ``complete``: it was played to its end; else
    the work it was allowed did not suffice, or the horizon came first."""

    made: datetime
    changes: tuple[Foreseen, ...] = ()
    legs: tuple[Leg, ...] = ()
    complete: bool = True

    def of(self, change: str) -> Foreseen | None:
        """What is foreseen of one change; None if it is not among the unfinished."""
        return next((foreseen for foreseen in self.changes if foreseen.change == change), None)
