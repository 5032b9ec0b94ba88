"""iCalendar files (RFC 5545), for ``allow`` and ``deny``: parsed once to find every mistake, and
expanded a year at a time when somebody asks.

Only the text is kept, so that calendars compare, pickle and reload as what they are. The
libraries take a while to import and are loaded when the first calendar is read.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.model.window import Booking

if TYPE_CHECKING:
    from icalendar import Calendar, Component
    from recurring_ical_events import CalendarQuery

AROUND = dt.timedelta(days=4)
OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
FIRST_YEAR, LAST_YEAR = 1900, 9990
MAX_EVENTS = 10_000
MAX_TIMES_A_DAY = 24


class CalendarError(ValueError):
    """The file is no calendar that can be followed; the message is a phrase that says why."""


@dataclass(frozen=True, slots=True)
class IcsCalendar:
    """The text of one file."""

    text: str

    def bookings(self, year: int) -> tuple[Booking, ...]:
        """Everything that has a part in a year, a few days around it included."""
        return _bookings(self.text, year)


def read_calendar(text: str) -> IcsCalendar:
    """The calendar in a file's text. Raises CalendarError if anything in it cannot be followed."""
    calendar = _parse(text)
    events = calendar.walk("VEVENT")
    if len(events) > MAX_EVENTS:
        raise CalendarError(f"has {len(events):,} events; at most {MAX_EVENTS:,} are read")
    years = {_check(event) for event in events}
    made = IcsCalendar(text)
    for year in sorted(years):  # each rule is tried where it begins
        made.bookings(year)
    return made


@lru_cache(maxsize=16)
def _parse(text: str) -> Calendar:
    from icalendar import Calendar

    try:
        found = Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CalendarError(f"is no iCalendar file: {_first_line(error)}") from error
    if found.name != "VCALENDAR":
        raise CalendarError("is no iCalendar file: it does not begin with BEGIN:VCALENDAR")
    return found


def _check(event: Component) -> int:
    """Refuse what would be read otherwise than it is meant; the year in which the event begins."""
    name = f"event {str(event.get('SUMMARY') or event.get('UID') or 'without a name')[:60]!r}"
    for key, error in getattr(event, "errors", ()):
        raise CalendarError(f"{name}: {key or 'a line'} cannot be read: {_first_line(error)}")
    begin = event.get("DTSTART")
    if begin is None or isinstance(begin, list):
        raise CalendarError(f"{name}: {'has no DTSTART' if begin is None else 'has more than one DTSTART'}")
    for key in ("DTSTART", "DTEND"):
        value = event.get(key)
        zone = value.params.get("TZID") if value is not None else None
        if zone and isinstance(value.dt, dt.datetime) and value.dt.tzinfo is None:
            raise CalendarError(f"{name}: no time zone is called {str(zone)[:60]!r}, and the file does not describe it")
    _check_end(event, name)
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        wrong = _problem_with_rule(rule)
        if wrong:
            raise CalendarError(f"{name}: {wrong}")
    if not FIRST_YEAR <= begin.dt.year <= LAST_YEAR:
        raise CalendarError(f"{name}: begins in the year {begin.dt.year}")
    return int(begin.dt.year)


def _check_end(event: Any, name: str) -> None:
    begin, end = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else None
    if end is None or type(begin) is not type(end) or getattr(begin, "tzinfo", None) != getattr(end, "tzinfo", None):
        return
    if end < begin:
        raise CalendarError(f"{name}: ends before it begins")
    if end == begin and not isinstance(begin, dt.datetime):
        raise CalendarError(f"{name}: its DTEND is its own day; write the day after the last")


def _problem_with_rule(rule: Any) -> str:
    """Why a recurrence would never come to an end of its work, "" if it would."""
    a_day = math.prod(len(rule.get(key, ["once"])) for key in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    if a_day > MAX_TIMES_A_DAY or any(frequency in OFTEN for frequency in rule.get("FREQ", [])):
        return "recurs more often than daily; write hours in the window instead"
    return "INTERVAL must be at least 1" if any(number < 1 for number in rule.get("INTERVAL", [])) else ""


@lru_cache(maxsize=16)
def _query(text: str) -> CalendarQuery:
    from recurring_ical_events import CalendarQuery

    try:
        return CalendarQuery(_parse(text))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CalendarError(f"cannot be followed: {_first_line(error)}") from error


@lru_cache(maxsize=256)
def _bookings(text: str, year: int) -> tuple[Booking, ...]:
    begin, end = dt.datetime(year, 1, 1, tzinfo=dt.UTC), dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
    try:
        events = _query(text).between(begin - AROUND, end + AROUND)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise CalendarError(f"cannot be followed: {_first_line(error)}") from error
    return tuple(sorted({_booking(event) for event in events}, key=lambda each: (each.begin, each.end)))


def _booking(event: Any) -> Booking:
    begin: Any = event["DTSTART"].dt
    end: Any = event["DTEND"].dt if "DTEND" in event else None
    if end is None:
        length = event["DURATION"].dt if "DURATION" in event else None
        end = begin + (length or dt.timedelta(days=0 if isinstance(begin, dt.datetime) else 1))
    if not isinstance(begin, dt.datetime):
        return Booking(_midnight(begin), _midnight(end))
    if begin.tzinfo is None or end.tzinfo is None:
        return Booking(begin.replace(tzinfo=None), end.replace(tzinfo=None))
    zone: dt.tzinfo = begin.tzinfo
    if isinstance(zone, ZoneInfo) and end.tzinfo is zone:  # wall-clock times of one zone, as in any window
        return Booking(begin.replace(tzinfo=None), end.replace(tzinfo=None), zone)
    return Booking(_in_utc(begin), _in_utc(end), dt.UTC)


def _midnight(day: Any) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - in the zone of whoever asks


def _in_utc(instant: Any) -> dt.datetime:
    in_utc: dt.datetime = instant.astimezone(dt.UTC)
    return in_utc.replace(tzinfo=None)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:120] if lines else type(error).__name__
