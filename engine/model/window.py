"""When rollouts may run: window policies, and freezes.

A window policy is a schedule of wall-clock times with a scope; a freeze is one dated span in
which nothing of its scope starts. Time zones are objects here: they are made where the
inventory is read, so that whoever asks these classes needs no files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Protocol, runtime_checkable

from engine.model.scope import Scope

DAY_S = 86400


class OnClose(StrEnum):
    """What a rollout does when its window closes, or a freeze begins, while it runs."""

    FINISH_BATCH = "finish_batch"
    FINISH = "finish"
    REVERT = "revert"


@dataclass(frozen=True, slots=True)
class Booking:
    """One occurrence of a calendar's event: wall-clock times [begin, end) in ``zone``.

    ``zone`` None: an all-day or floating event, which is in the zone of whoever asks.
    """

    begin: datetime
    end: datetime
    zone: tzinfo | None = None


@runtime_checkable
class Calendar(Protocol):
    """A calendar file. Equal calendars give equal answers for ever: they hold their text."""

    def bookings(self, year: int) -> tuple[Booking, ...]:
        """Everything that has a part in a year, a few days around it included."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From and to, in seconds after the local midnight of the day on which the window begins;
    ``end_s`` beyond 86,400 is past the next midnight."""

    begin_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of ``allow`` or ``deny``: an instant is in it if its wall-clock time in ``zone``
    is, and if it is in the calendar. Days (Monday is 0) and dates test the day on which the
    window began; what is empty tests nothing."""

    zone: tzinfo
    days: frozenset[int] = frozenset()
    hours: tuple[Hours, ...] = ()
    dates: tuple[tuple[date, date], ...] = ()
    calendar: Calendar | None = None

    def begins_on(self, day: date) -> bool:
        """Whether its windows begin on that local day."""
        return (not self.days or day.weekday() in self.days) and (
            not self.dates or any(first <= day <= last for first, last in self.dates)
        )

    @property
    def has_times(self) -> bool:
        """Whether it says more than a calendar."""
        return bool(self.days or self.hours or self.dates)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Allow entries unite, and deny wins. Without any allow entry everything is allowed."""

    allow: tuple[Entry, ...] = ()
    deny: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowPolicy:
    """One policy of ``policies.windows``. ``span``: a rollout may go on over several windows
    and need not fit into one. ``outage``: in it, services that go in lockstep may be stopped."""

    name: str
    schedule: Schedule
    applies_to: Scope = field(default_factory=Scope)
    exempt: Scope | None = None
    on_close: OnClose = OnClose.FINISH_BATCH
    span: bool = False
    outage: bool = False

    @property
    def key(self) -> str:
        """Its place in the inventory."""
        return f"policies.windows.{self.name}"


@dataclass(frozen=True, slots=True)
class Freeze:
    """One policy of ``policies.freezes``: nothing in its scope starts in [begin, end)."""

    name: str
    begin: datetime
    end: datetime
    applies_to: Scope = field(default_factory=Scope)
    exempt: Scope | None = None
    reason: str = ""
    on_close: OnClose = OnClose.FINISH_BATCH

    @property
    def key(self) -> str:
        """Its place in the inventory."""
        return f"policies.freezes.{self.name}"

    def covers(self, instant: datetime) -> bool:
        """Whether the freeze is on at an instant."""
        return self.begin <= instant < self.end
