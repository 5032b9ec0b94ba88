"""What people write wrong in windows, freezes and calendars: each has its sentence, at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InventoryInvalid
from engine.inventory import load
from engine.inventory.ics import CalendarError, read_calendar
from tests.inventory.mistakes import BASE
from tests.inventory.test_faults import findings

GROUND = BASE.replace("policies: {limits: {per_team: 1}}\n", "")
LINES = GROUND.count("\n")
WINDOW = "policies:\n  windows:\n    office:\n"

# What stands under the window (its fourth line), and what is said about which line.
WINDOWS = [
    ("      allow: {hours: '25:00-26:00'}", 1, "expected times from 00:00 to 24:00, found '25:00-26:00'"),
    ("      allow: {hours: '09:60-10:00'}", 1, "expected times from 00:00 to 24:00, found '09:60-10:00'"),
    (
        "      allow: {hours: 9-5}",
        1,
        "expected hours such as 09:00-17:00 (22:00-06:00 ends on the next day), found '9-5'",
    ),
    (
        "      allow: {hours: '09:00-09:00'}",
        1,
        "'09:00-09:00' begins when it ends; for the whole day write 00:00-24:00",
    ),
    ("      allow: {hours: '24:00-01:00'}", 1, "'24:00-01:00' begins at 24:00, which is the next day's 00:00"),
    ("      allow: {days: mon-fry}", 1, "expected a day of the week (mon, tue, wed, thu, fri, sat, sun), found 'fry'"),
    ("      allow: {days: 1-5}", 1, "expected days of the week such as mon-fri, or sat, sun, found '1-5'"),
    ("      allow: {days: []}", 1, "expected days of the week such as mon-fri, or sat, sun, found a list"),
    (
        "      allow:\n        days: mon\n        tz: Europe/Berln",
        3,
        "no time zone is called 'Europe/Berln'; did you mean",
    ),
    ("      tz: CEST/Nowhere\n      allow: {days: mon}", 1, "no time zone is called 'CEST/Nowhere'"),
    ("      tz: ../../etc/passwd\n      allow: {days: mon}", 1, "expected a time zone such as Europe/Berlin"),
    (
        "      deny:\n        - {dates: 2026-12-24}\n        - {dates: 2026-02-30}",
        3,
        "there is no '2026-02-30' in the calen",
    ),
    ("      deny: {dates: 24.12.2026}", 1, "expected dates such as 2026-12-24, or 2026-12-24..2027-01-02"),
    ("      deny: {dates: 2027-01-02..2026-12-24}", 1, "'2027-01-02..2026-12-24' ends before it begins"),
    ("      deny: {calendar: none.ics}", 1, "none.ics: No such file or directory"),
    ("      deny: {calendar: page.ics}", 1, "policies.windows.office.deny.0.calendar: 'page.ics' is no iCalendar file"),
    ("      allow: {tz: UTC}", 1, "expected at least one of days, hours, dates and calendar"),
    ("      allow: {hour: '09:00-17:00'}", 1, "unknown key; did you mean hours?"),
    ("      on_close: pause", 1, "expected finish_batch or finish or revert, found 'pause'"),
    ("      span: often", 1, "expected true or false, found 'often'"),
    ("      applies_to: {teams: [paymints]}", 1, "no team is called 'paymints'; did you mean payments?"),
    ("      except: {labels: {tier: '3'}}", 1, "no service label is called 'tier=3'"),
    ("      except: {}", 1, "names nothing; expected environments, teams, services or labels"),
]

FREEZES = [
    ("from: 2026-11-26T00:00:00Z, to: 2026-11-26T00:00:00Z", "the freeze ends before it begins"),
    ("from: 2026-11-30T00:00:00Z, to: 2026-11-26T00:00:00Z", "the freeze ends before it begins"),
    ("from: 2026-13-26T00:00:00Z, to: 2026-11-26T00:00:00Z", "expected a moment with its offset such as 2026-11-26T00"),
    ("from: soon, to: 2026-11-26T00:00:00Z", "expected a moment with its offset"),
    ("from: 2026-11-26, to: 2026-11-27T00:00:00Z", "'2026-11-26' has no offset from UTC"),
    ("to: 2026-11-27T00:00:00Z", "policies.freezes.peak.from: missing; expected: when it begins"),
    ("from: 2026-11-26T00:00:00Z, to: 2026-11-27T00:00:00Z, until: x", "until: unknown key"),
]

EVENT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

CALENDARS = [
    ("", "is no iCalendar file"),
    ("<html></html>", "is no iCalendar file"),
    ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "is no iCalendar file"),
    ("BEGIN:VEVENT\r\nEND:VEVENT\r\n", "does not begin with BEGIN:VCALENDAR"),
    (EVENT.format("SUMMARY:party"), "event 'party': has no DTSTART"),
    (EVENT.format("DTSTART:someday"), "event 'e': DTSTART cannot be read"),
    (EVENT.format("DTSTART:20261301T000000"), "event 'e': DTSTART cannot be read"),
    (
        EVENT.format("DTSTART;TZID=Nowhere/City:20261224T120000"),
        "no time zone is called 'Nowhere/City', and the file do",
    ),
    (EVENT.format("DTSTART:20261224T120000\r\nDTEND:20261223T120000"), "event 'e': ends before it begins"),
    (
        EVENT.format("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261224"),
        "its DTEND is its own day; write the day",
    ),
    (EVENT.format("DTSTART:20261224T120000\r\nRRULE:FREQ=SOMETIMES"), "event 'e': RRULE cannot be read"),
    (
        EVENT.format("DTSTART:20261224T120000\r\nRRULE:FREQ=MINUTELY"),
        "recurs more often than daily; write hours in the",
    ),
    (EVENT.format("DTSTART:20261224T120000\r\nRRULE:FREQ=DAILY;INTERVAL=0"), "INTERVAL must be at least 1"),
    (EVENT.format("DTSTART:20261224T120000\r\nRRULE:FREQ=DAILY;BYSECOND=70"), "cannot be followed"),
    (EVENT.format("DTSTART:00011224T120000"), "begins in the year 1"),
]


@pytest.mark.parametrize(("text", "line", "expected"), WINDOWS, ids=[row[0].strip() for row in WINDOWS])
def test_a_mistake_in_a_window_has_its_sentence(
    text: str, line: int, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.ics").write_text("<html>Please log in</html>")
    found = findings(f"{GROUND}{WINDOW}{text}\n", tmp_path, monkeypatch)
    (told,) = found
    assert told.startswith(f"inventory.yaml:{LINES + 3 + line}: error "), told
    assert expected in told


@pytest.mark.parametrize(("text", "expected"), FREEZES)
def test_a_mistake_in_a_freeze_has_its_sentence(
    text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = findings(f"{GROUND}policies:\n  freezes:\n    peak: {{{text}}}\n", tmp_path, monkeypatch)
    assert any(each.startswith(f"inventory.yaml:{LINES + 3}: error ") and expected in each for each in found), found


@pytest.mark.parametrize(("text", "expected"), CALENDARS)
def test_a_calendar_that_cannot_be_followed_is_refused(text: str, expected: str) -> None:
    with pytest.raises(CalendarError) as caught:
        read_calendar(text)
    assert expected in str(caught.value)


def test_one_table_of_times_is_as_good_as_a_list_of_one(tmp_path: Path) -> None:
    each = "{days: [mon, tue], hours: '09:00-12:00, 13:00-17:00'}"
    for text in (each, f"[{each}]"):
        (tmp_path / "inventory.yaml").write_text(f"{GROUND}{WINDOW}      allow: {text}\n")
        (entry,) = load(tmp_path / "inventory.yaml").windows["office"].schedule.allow
        assert entry.days == {0, 1}
        assert [(hours.begin_s, hours.end_s) for hours in entry.hours] == [(32400, 43200), (46800, 61200)]


def test_terminal_escapes_in_a_calendar_never_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "evil.ics").write_text("\x1b]52;c;AAAA\x07\n")
    (tmp_path / "inventory.yaml").write_text(f"{GROUND}{WINDOW}      deny: {{calendar: evil.ics}}\n")
    with pytest.raises(InventoryInvalid) as caught:
        load(tmp_path / "inventory.yaml")
    assert all(each.isprintable() for each in caught.value.findings)
