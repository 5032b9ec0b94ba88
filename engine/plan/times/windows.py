"""When a window policy is open, and when that changes: exact to the second in any time zone.

An instant is inside a window if its own wall-clock time is. So each UTC day is cut where the
zone's offset changes, and in each piece the window's local times are moved by that offset: an
hour that the zone skips is never inside, one that it repeats is inside twice. Days are worked
out once and remembered; the answers depend on nothing but the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from engine.model.inventory import Inventory
from engine.model.window import DAY_S, Booking, Entry, Freeze, Hours, Schedule, WindowPolicy
from engine.plan.times.spans import Span, Spans, intersect, subtract, unite

HORIZON_DAYS = 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE = datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock times have no zone
_FIRST = date(1970, 1, 1).toordinal()
_WHOLE_DAY = (Hours(0, DAY_S),)
_SAMPLE_S = 3 * 3600  # a zone that changes its offset and takes it back in less is not seen


def is_open(policy: WindowPolicy, instant: datetime) -> bool:
    """Whether the policy lets things start at an instant."""
    second = second_of(instant)
    return any(begin <= second < end for begin, end in open_in_day(policy.schedule, second // DAY_S))


def next_opening(policy: WindowPolicy, instant: datetime, lasting_s: float = 0.0) -> datetime | None:
    """When it is next open for at least ``lasting_s`` on end: ``instant`` itself if it is so
    now, None if it will not be within 400 days."""
    begin = _next_opening(policy.schedule, second_of(instant), lasting_s)
    return None if begin is None else max(instant, instant_of(begin))


def next_closing(policy: WindowPolicy, instant: datetime) -> datetime | None:
    """When the window that is open at ``instant``, or else the next one, closes; None if that
    is not within 400 days."""
    end = _next_closing(policy.schedule, second_of(instant))
    return None if end is None else instant_of(end)


def next_change(policy: WindowPolicy, instant: datetime) -> datetime | None:
    """When it next opens or closes; None if not within 400 days."""
    return next_closing(policy, instant) if is_open(policy, instant) else next_opening(policy, instant)


def windows_over(inventory: Inventory, service: str, environment: str) -> tuple[WindowPolicy, ...]:
    """The window policies that apply to a service in an environment."""
    declared = inventory.services.get(service)
    return tuple(
        policy
        for policy in inventory.windows.values()
        if declared is not None
        and policy.applies_to.covers(declared, environment)
        and not (policy.exempt is not None and policy.exempt.covers(declared, environment))
    )


def freezes_over(inventory: Inventory, service: str, environment: str) -> tuple[Freeze, ...]:
    """The freezes that apply to a service in an environment, past and future ones included."""
    declared = inventory.services.get(service)
    return tuple(
        freeze
        for freeze in inventory.freezes.values()
        if declared is not None
        and freeze.applies_to.covers(declared, environment)
        and not (freeze.exempt is not None and freeze.exempt.covers(declared, environment))
    )


def second_of(instant: datetime) -> int:
    """The whole second since 1970 that an instant is in."""
    return (instant - _EPOCH) // timedelta(seconds=1)


def instant_of(second: int) -> datetime:
    """The beginning of a second, in UTC."""
    return _EPOCH + timedelta(seconds=second)


def stretches(schedule: Schedule, second: int, last: int) -> Iterator[Span]:
    """The stretches of time in which it is open between two seconds; what goes on beyond the
    last is cut there."""
    begin, end = second, second
    for day in range(second // DAY_S, last // DAY_S + 1):
        for start, stop in open_in_day(schedule, day):
            if start > end:
                if begin < end:
                    yield begin, end
                begin = start
            end = max(end, min(stop, last))
    if begin < end:
        yield begin, end


def horizon(second: int) -> int:
    """How far ahead is looked from a second."""
    return second + HORIZON_DAYS * DAY_S


def length_text(seconds: float) -> str:
    """A length of time for people: its two largest units."""
    left, parts = round(seconds), list[str]()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, left = divmod(left, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts[:2]) or "0s"


@lru_cache(maxsize=4096)
def _next_opening(schedule: Schedule, second: int, lasting_s: float) -> int | None:
    last = horizon(second)
    found = stretches(schedule, second, last + math.ceil(lasting_s))
    return next((begin for begin, end in found if end - begin >= lasting_s and begin < last), None)


@lru_cache(maxsize=4096)
def _next_closing(schedule: Schedule, second: int) -> int | None:
    last = horizon(second)
    end = next((end for _, end in stretches(schedule, second, last)), last)
    return None if end == last else end


@lru_cache(maxsize=65536)
def open_in_day(schedule: Schedule, day: int) -> Spans:
    """The spans of one UTC day (counted from 1970) in which it is open."""
    allowed = unite(span for entry in schedule.allow for span in _inside(entry, day))
    if not schedule.allow:
        allowed = ((day * DAY_S, (day + 1) * DAY_S),)
    return subtract(allowed, unite(span for entry in schedule.deny for span in _inside(entry, day)))


def _inside(entry: Entry, day: int) -> Spans:
    booked = _booked(entry, day) if entry.calendar is not None else ()
    if entry.calendar is not None and not entry.has_times:
        return booked
    found: list[Span] = []
    for number in range(day - 2, day + 2):  # zones are up to a day off, and windows begin the day before
        if entry.begins_on(date.fromordinal(_FIRST + number)):
            for hours in entry.hours or _WHOLE_DAY:
                begin_s, end_s = number * DAY_S + hours.begin_s, number * DAY_S + hours.end_s
                found += _instants(entry.zone, day, begin_s, end_s)
    return unite(found) if entry.calendar is None else intersect(unite(found), booked)


def _booked(entry: Entry, day: int) -> Spans:
    year = date.fromordinal(_FIRST + day).year
    bookings: tuple[Booking, ...] = entry.calendar.bookings(year) if entry.calendar else ()
    return unite(
        span
        for booking in bookings
        for span in _instants(booking.zone or entry.zone, day, _wall_s(booking.begin), _wall_s(booking.end))
    )


def _wall_s(wall: datetime) -> int:
    return (wall - _NAIVE) // timedelta(seconds=1)


def _instants(zone: tzinfo, day: int, begin_s: int, end_s: int) -> Iterator[Span]:
    """The instants of one UTC day whose wall-clock time is in [begin, end): both in seconds
    since 1970 as a clock on the wall counts them."""
    for start, stop, offset_s in _offsets(zone, day):
        if begin_s - offset_s < stop and start < end_s - offset_s:
            yield max(start, begin_s - offset_s), min(stop, end_s - offset_s)


@lru_cache(maxsize=65536)
def _offsets(zone: tzinfo, day: int) -> tuple[tuple[int, int, int], ...]:
    """One UTC day, cut where the zone's offset changes: (begin, end, offset in seconds)."""
    begin, end = day * DAY_S, (day + 1) * DAY_S
    pieces: list[tuple[int, int, int]] = []
    offset_s = _offset_s(zone, begin)
    for low in range(begin, end, _SAMPLE_S):
        high = low + _SAMPLE_S
        after_s = _offset_s(zone, high)
        if after_s != offset_s:
            change = _first_with(zone, low, high, after_s)
            pieces.append((begin, change, offset_s))
            begin, offset_s = change, after_s
    if begin < end:
        pieces.append((begin, end, offset_s))
    return tuple(pieces)


def _first_with(zone: tzinfo, low: int, high: int, offset_s: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset_s(zone, middle) == offset_s else (middle, high)
    return high


def _offset_s(zone: tzinfo, second: int) -> int:
    offset = instant_of(second).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(seconds=1)
