"""Windows in zones whose clocks jump: every minute of every row of a table, and random schedules
at random instants, against the definition read off a clock on the wall (tests/plan/clock.py)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inventory.ics import read_calendar
from engine.model.window import DAY_S, Entry, Hours, Schedule, WindowPolicy
from engine.plan.times.windows import is_open, next_change, next_closing, next_opening
from tests.plan import clock
from tests.plan.clock import utc

WEEKEND = frozenset({5, 6})
WEEKDAYS = frozenset(range(5))
SAO_PAULO, BEIRUT, LORD_HOWE = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Beirut"), ZoneInfo("Australia/Lord_Howe")
BERLIN, NEW_YORK, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")


def hours(text: str) -> Hours:
    begin, end = (int(part[:2]) * 3600 + int(part[3:]) * 60 for part in text.split("-"))
    return Hours(begin, end if end > begin else end + DAY_S)


def entry(zone: ZoneInfo, *spans: str, days: frozenset[int] = frozenset(), dates: tuple[str, ...] = ()) -> Entry:
    each = tuple((date.fromisoformat(text), date.fromisoformat(text)) for text in dates)
    return Entry(zone, days, tuple(hours(span) for span in spans), each)


def calendar(*lines: str) -> str:
    events = "".join(f"BEGIN:VEVENT\r\nUID:{number}\r\n{text}\r\nEND:VEVENT\r\n" for number, text in enumerate(lines))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{events}END:VCALENDAR\r\n"


def booked(zone: ZoneInfo, *lines: str, days: frozenset[int] = frozenset()) -> Entry:
    return Entry(zone, days, calendar=read_calendar(calendar(*lines)))


def allow(*entries: Entry, deny: tuple[Entry, ...] = ()) -> Schedule:
    return Schedule(entries, deny)


ALL_DAY = "DTSTART;VALUE=DATE:20261024\r\nDTEND;VALUE=DATE:20261026"
FLOATING = "DTSTART:20261023T013000\r\nDTEND:20261023T024500\r\nRRULE:FREQ=DAILY"
IN_NEW_YORK = (
    "DTSTART;TZID=America/New_York:20261023T200000\r\nDTEND;TZID=America/New_York:20261024T013000\r\nRRULE:FREQ=DAILY"
)
IN_UTC = "DTSTART:20261024T223000Z\r\nDTEND:20261025T013000Z"
WEEKLY = "DTSTART:20181027T220000\r\nDTEND:20181028T040000\r\nRRULE:FREQ=WEEKLY\r\nEXDATE:20181104T220000"

# What is tried, the schedule, the first day in UTC and how many.
TABLE: list[Any] = [
    ("an hour skipped", allow(entry(BERLIN, "01:30-02:30")), "2026-03-27", 4),
    ("an hour skipped, the window inside it", allow(entry(BERLIN, "02:15-02:45")), "2026-03-27", 4),
    ("an hour repeated", allow(entry(BERLIN, "02:15-02:45")), "2026-10-23", 4),
    ("an hour repeated, across it", allow(entry(BERLIN, "01:00-02:30")), "2026-10-23", 4),
    ("across midnight into a jump", allow(entry(BERLIN, "22:00-02:30", days=WEEKEND)), "2026-03-26", 6),
    ("across midnight into a repeat", allow(entry(BERLIN, "22:00-02:30", days=frozenset({5}))), "2026-10-22", 6),
    ("midnight skipped", allow(entry(SAO_PAULO, "00:00-06:00")), "2017-10-13", 4),
    ("midnight skipped, across it", allow(entry(SAO_PAULO, "22:00-00:30", days=frozenset({5}))), "2017-10-12", 5),
    ("midnight skipped, ending at it", allow(entry(SAO_PAULO, "20:00-00:00")), "2018-11-02", 4),
    ("midnight repeated", allow(entry(SAO_PAULO, "23:00-23:30", days=frozenset({5}))), "2018-02-16", 4),
    ("midnight repeated, across it", allow(entry(SAO_PAULO, "23:30-01:00", days=frozenset({5}))), "2018-02-15", 6),
    ("midnight repeated, from midnight on", allow(entry(SAO_PAULO, "00:00-02:00")), "2018-02-16", 4),
    ("midnight skipped in Beirut", allow(entry(BEIRUT, "22:00-01:30", days=frozenset({5}))), "2026-03-26", 5),
    ("midnight repeated in Beirut", allow(entry(BEIRUT, "23:15-00:30")), "2026-10-23", 4),
    ("half an hour skipped", allow(entry(LORD_HOWE, "01:45-02:15")), "2026-10-02", 4),
    ("half an hour skipped, inside it", allow(entry(LORD_HOWE, "02:05-02:25")), "2026-10-02", 4),
    ("half an hour repeated", allow(entry(LORD_HOWE, "01:40-01:50")), "2026-04-03", 4),
    (
        "half an hour repeated, across it",
        allow(entry(LORD_HOWE, "00:00-01:45"), entry(LORD_HOWE, "02:00-02:10")),
        "2026-04-03",
        4,
    ),
    ("a whole day skipped", allow(entry(APIA, "22:00-03:00")), "2011-12-28", 5),
    ("a whole day skipped, by date", allow(entry(APIA, dates=("2011-12-30", "2011-12-31"))), "2011-12-28", 6),
    ("whole days", allow(entry(BERLIN, days=WEEKEND)), "2026-10-22", 6),
    ("dates across midnight", allow(entry(NEW_YORK, "22:00-06:00", dates=("2026-10-31",))), "2026-10-30", 4),
    ("allow entries unite", allow(entry(BERLIN, "09:00-12:00"), entry(NEW_YORK, "05:00-11:00")), "2026-10-23", 4),
    ("deny wins", allow(entry(BERLIN, "01:00-10:00"), deny=(entry(NEW_YORK, "20:30-22:00"),)), "2026-10-23", 4),
    ("deny alone", Schedule((), (entry(BERLIN, "22:00-02:30", days=WEEKDAYS),)), "2026-10-22", 6),
    ("an all-day event", allow(booked(BERLIN, ALL_DAY)), "2026-10-22", 6),
    (
        "an all-day event denies",
        allow(entry(BERLIN, "09:00-17:00"), deny=(booked(SAO_PAULO, ALL_DAY),)),
        "2026-10-22",
        6,
    ),
    ("a floating event recurs", allow(booked(BERLIN, FLOATING)), "2026-10-23", 4),
    ("a floating event in another zone", allow(booked(NEW_YORK, FLOATING)), "2026-10-30", 4),
    ("an event with a zone recurs", allow(booked(BERLIN, IN_NEW_YORK)), "2026-10-30", 4),
    ("an event in UTC", Schedule((), (booked(BERLIN, IN_UTC),)), "2026-10-23", 4),
    ("a calendar and days", allow(booked(BERLIN, FLOATING, days=WEEKEND)), "2026-10-23", 4),
    ("an event across a skipped midnight", allow(booked(SAO_PAULO, WEEKLY)), "2018-11-02", 11),
]


ROWS = [row[0] for row in TABLE]


@cache
def expected(row: str) -> tuple[Schedule, datetime, tuple[bool, ...]]:
    """A row's schedule, its first minute, and what the definition says of each minute from there."""
    schedule, first, days = next(rest for name, *rest in TABLE if name == row)
    begin = utc(first)
    states = (clock.is_open(schedule, begin + timedelta(minutes=number)) for number in range(days * 1440))
    return schedule, begin, tuple(states)


@pytest.mark.parametrize("row", ROWS)
def test_every_minute_is_as_the_clock_on_the_wall_says(row: str) -> None:
    schedule, begin, states = expected(row)
    policy = WindowPolicy("tried", schedule)
    assert tuple(is_open(policy, begin + timedelta(minutes=number)) for number in range(len(states))) == states
    assert len(set(states)) == 2  # a row that is always open or always closed tries nothing


@pytest.mark.parametrize("row", ROWS)
def test_the_next_change_is_the_first_minute_that_differs(row: str) -> None:
    schedule, begin, states = expected(row)
    policy = WindowPolicy("tried", schedule)
    for number in range(0, len(states), 47):
        changed = next((later for later in range(number, len(states)) if states[later] != states[number]), None)
        if changed is not None:
            assert next_change(policy, begin + timedelta(minutes=number)) == begin + timedelta(minutes=changed)


def test_a_skipped_time_never_comes_and_a_repeated_one_comes_twice() -> None:
    policy = WindowPolicy("tried", allow(entry(BERLIN, "02:15-02:45")))
    assert next_opening(policy, utc("2026-03-28T12:00")) == utc("2026-03-30T00:15")
    opened = next_opening(policy, utc("2026-10-24T12:00"))
    assert opened == utc("2026-10-25T00:15")
    assert next_closing(policy, opened) == utc("2026-10-25T00:45")
    assert next_opening(policy, utc("2026-10-25T00:45")) == utc("2026-10-25T01:15")


def test_a_window_begins_and_ends_at_its_second() -> None:
    policy = WindowPolicy("tried", allow(Entry(BERLIN, hours=(Hours(9 * 3600 + 1, 9 * 3600 + 3),))))
    begin = utc("2026-11-24T08:00:01")
    micro = timedelta(microseconds=1)
    assert [
        is_open(policy, begin + step)
        for step in (-micro, 0 * micro, timedelta(seconds=2) - micro, timedelta(seconds=2))
    ] == [
        False,
        True,
        True,
        False,
    ]


def test_an_opening_that_lasts_skips_those_that_do_not() -> None:
    policy = WindowPolicy(
        "tried", allow(entry(BERLIN, "09:00-10:00", days=WEEKDAYS), entry(BERLIN, "09:00-17:00", days=WEEKEND))
    )
    monday = utc("2026-11-23T08:30")
    assert next_opening(policy, monday, 1800) == monday
    assert next_opening(policy, monday, 1801) == utc("2026-11-24T08:00")
    assert next_opening(policy, monday, 3601) == utc("2026-11-28T08:00")
    assert next_opening(policy, monday, 9 * 3600) is None


def test_what_never_changes_says_so() -> None:
    gone = WindowPolicy("gone", allow(entry(BERLIN, dates=("2020-01-01",))))
    always = WindowPolicy("always", Schedule())
    now = utc("2026-11-24T09:00")
    assert (is_open(gone, now), next_change(gone, now)) == (False, None)
    assert (is_open(always, now), next_change(always, now)) == (True, None)


ZONES = [BERLIN, SAO_PAULO, BEIRUT, LORD_HOWE, NEW_YORK, APIA, ZoneInfo("UTC"), ZoneInfo("Africa/Casablanca")]
spans = st.builds(
    lambda begin, length: Hours(begin * 60, (begin + length) * 60), st.integers(0, 1439), st.integers(1, 1440)
)
day_ranges = st.builds(
    lambda first, length: (first, first + timedelta(days=length)),
    st.dates(date(2011, 1, 1), date(2027, 1, 1)),
    st.integers(0, 400),
)
entries = st.builds(
    Entry,
    st.sampled_from(ZONES),
    st.frozensets(st.integers(0, 6), max_size=6),
    st.lists(spans, max_size=2).map(tuple),
    st.lists(day_ranges, max_size=2).map(tuple),
)
schedules = st.builds(Schedule, st.lists(entries, max_size=3).map(tuple), st.lists(entries, max_size=2).map(tuple))
instants = st.datetimes(datetime(2011, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=200, deadline=None)
@given(schedules, instants)
def test_is_open_agrees_with_the_definition_at_random_instants(schedule: Schedule, instant: datetime) -> None:
    assert is_open(WindowPolicy("tried", schedule), instant) == clock.is_open(schedule, instant)


@settings(max_examples=60, deadline=None)
@given(schedules, instants)
def test_between_now_and_the_next_change_nothing_changes(schedule: Schedule, instant: datetime) -> None:
    policy = WindowPolicy("tried", schedule)
    now, change = clock.is_open(schedule, instant), next_change(policy, instant)
    if change is not None:
        assert clock.is_open(schedule, change) != now
        assert clock.is_open(schedule, change - timedelta(microseconds=1)) == now
    until = min(change or instant + timedelta(days=400), instant + timedelta(days=400))
    for part in range(1, 40):
        assert clock.is_open(schedule, instant + (until - instant) * part / 41) == now
