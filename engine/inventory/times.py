"""Times as windows and freezes are written: days, hours, dates, zones and moments."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import PlainValidator, WithJsonSchema

from engine.inventory.faults import quote
from engine.inventory.scalars import MAX_TEXT, mismatch, problem
from engine.model.text import near
from engine.model.window import DAY_S, Hours

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_ITEMS = 1000
Dates = tuple[tuple[dt.date, dt.date], ...]

_DAYS = re.compile(r"([a-z]+)(?:\s*-\s*([a-z]+))?\Z", re.IGNORECASE | re.ASCII)
_HOURS = re.compile(r"(\d\d?):(\d\d)(?::(\d\d))?\s*-\s*(\d\d?):(\d\d)(?::(\d\d))?\Z", re.ASCII)
_DATE = r"\d{4}-\d\d-\d\d"
_DATES = re.compile(rf"({_DATE})(?:\s*(?:\.\.|/|to|-)\s*({_DATE}))?\Z", re.ASCII)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9._+/-]{0,63}\Z", re.ASCII)


def _items(value: Any, expected: str) -> list[str]:
    """What stands in a list, or between commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise mismatch(expected, value)
    if len(parts) > MAX_ITEMS or sum(map(len, parts)) > MAX_TEXT * 4:
        raise problem(f"expected at most {MAX_ITEMS} items, found {len(parts):,}")
    return [part.strip() for part in parts]


def _days(value: Any) -> frozenset[int]:
    expected = "days of the week such as mon-fri, or sat, sun"
    found: set[int] = set()
    for item in _items(value, expected):
        match = _DAYS.match(item)
        if match is None:
            raise mismatch(expected, item)
        first = _weekday(match[1])
        last = first if match[2] is None else _weekday(match[2])
        found.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(found)


def _weekday(text: str) -> int:
    for number, name in enumerate(WEEK):
        if len(text) >= 3 and name.startswith(text.lower()):
            return number
    raise mismatch("a day of the week (mon, tue, wed, thu, fri, sat, sun)", text)


def _hours(value: Any) -> tuple[Hours, ...]:
    return tuple(_from_to(item) for item in _items(value, _EXPECTED_HOURS))


_EXPECTED_HOURS = "hours such as 09:00-17:00 (22:00-06:00 ends on the next day)"


def _from_to(text: str) -> Hours:
    match = _HOURS.match(text)
    if match is None:
        raise mismatch(_EXPECTED_HOURS, text)
    begin, end = (_clock(text, *(int(part or 0) for part in match.groups()[i : i + 3])) for i in (0, 3))
    if begin == end:
        raise problem(f"{quote(text)} begins when it ends; for the whole day write 00:00-24:00, or leave hours out")
    if begin == DAY_S:
        raise problem(f"{quote(text)} begins at 24:00, which is the next day's 00:00")
    return Hours(begin, end if end > begin else end + DAY_S)


def _clock(text: str, hour: int, minute: int, second: int) -> int:
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise problem(f"expected times from 00:00 to 24:00, found {quote(text)}")
    return hour * 3600 + minute * 60 + second


def _dates(value: Any) -> Dates:
    expected = "dates such as 2026-12-24, or 2026-12-24..2027-01-02"
    found: list[tuple[dt.date, dt.date]] = []
    for item in _items(value, expected):
        match = _DATES.match(item)
        if match is None:
            raise mismatch(expected, item)
        first, last = _date(match[1]), _date(match[2] or match[1])
        if last < first:
            raise problem(f"{quote(item)} ends before it begins")
        found.append((first, last))
    return tuple(found)


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise problem(f"there is no {quote(text)} in the calendar") from None


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, str) and _ZONE.match(value):
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found = near(value, available_timezones())
            hint = f"did you mean {' or '.join(found)}?" if found else "expected one such as Europe/Berlin"
            raise problem(f"no time zone is called {quote(value)}; {hint}") from None
    raise mismatch("a time zone such as Europe/Berlin", value)


def _moment(value: Any) -> dt.datetime:
    expected = "a moment with its offset such as 2026-11-26T00:00:00-05:00"
    if not isinstance(value, str) or len(value) > 40:
        raise mismatch(expected, value)
    try:
        moment = dt.datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise mismatch(expected, value) from None
    raise problem(f"{quote(value)} has no offset from UTC, so nobody can tell when it is; add Z, or one such as +01:00")


def _list_or_text(*examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "examples": list(examples)})


Days = Annotated[frozenset[int], PlainValidator(_days), _list_or_text("mon-fri", "sat, sun")]
HoursOf = Annotated[tuple[Hours, ...], PlainValidator(_hours), _list_or_text("09:00-17:00", "22:00-06:00")]
DatesOf = Annotated[Dates, PlainValidator(_dates), _list_or_text("2026-12-24", "2026-12-24..2027-01-02")]
Zone = Annotated[ZoneInfo, PlainValidator(_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]})]
Moment = Annotated[
    dt.datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-11-26T00:00:00-05:00"]}),
]
