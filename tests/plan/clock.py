"""The definition of a window, word by word and slow: what an instant's own wall clock says, and
which lines of the policy it is in. It shares nothing with the planner but the policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache

from engine.model.window import DAY_S, Booking, Calendar, Entry, Schedule


def is_open(schedule: Schedule, instant: datetime) -> bool:
    allowed = not schedule.allow or any(_is_in(entry, instant) for entry in schedule.allow)
    return allowed and not any(_is_in(entry, instant) for entry in schedule.deny)


def wall(instant: datetime, zone: tzinfo) -> datetime:
    """What a clock on a wall there shows."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _is_in(entry: Entry, instant: datetime) -> bool:
    if entry.calendar is not None:
        around = _bookings_around(entry.calendar, instant.date())
        if not any(_is_at(booking, instant, entry.zone) for booking in around):
            return False
        if not (entry.days or entry.dates or entry.hours):
            return True
    return _is_at_times(entry, wall(instant, entry.zone))


@cache
def _bookings_around(calendar: Calendar, day: date) -> list[Booking]:
    """Those that may have a part in a day, whatever the zone."""
    first, last = (datetime.combine(day + timedelta(days=days), datetime.min.time()) for days in (-2, 3))
    every = [booking for year in range(first.year - 1, last.year + 1) for booking in calendar.bookings(year)]
    return [booking for booking in every if booking.begin < last and first < booking.end]


def _is_at(booking: Booking, instant: datetime, zone: tzinfo) -> bool:
    return booking.begin <= wall(instant, booking.zone or zone) < booking.end


def _is_at_times(entry: Entry, shown: datetime) -> bool:
    since_midnight = shown - datetime.combine(shown.date(), datetime.min.time())
    spans = [(hours.begin_s, hours.end_s) for hours in entry.hours] or [(0, DAY_S)]
    for begin_s, end_s in spans:
        for days_ago in (0, 1):  # it may have begun yesterday
            began = shown.date() - timedelta(days=days_ago)
            second = since_midnight.total_seconds() + days_ago * DAY_S
            if begin_s <= second < end_s and _begins_on(entry, began):
                return True
    return False


def _begins_on(entry: Entry, day: date) -> bool:
    if entry.days and day.weekday() not in entry.days:
        return False
    return not entry.dates or any(first <= day <= last for first, last in entry.dates)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
