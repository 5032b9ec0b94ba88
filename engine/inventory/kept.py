"""An inventory as one text, and back: what the journal keeps of it, so that a decision can be
made again from all that it was made from, after every file has changed.

Left out is what decides nothing: where things stood in the files, and webhooks, whose addresses
may be secrets. Time zones go by their names, calendars as the text of their files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, TypeAdapter

from engine.inventory.ics import IcsCalendar
from engine.model.inventory import Inventory
from engine.model.window import Entry, Hours, Schedule, WindowPolicy


@dataclass(frozen=True, slots=True)
class _Times:
    """An ``Entry`` without objects that only Python knows."""

    zone: str
    days: tuple[int, ...]
    hours: tuple[Hours, ...]
    dates: tuple[tuple[date, date], ...]
    calendar: str | None


@dataclass(frozen=True, slots=True)
class _Window:
    """A policy whose schedule is empty, and its schedule."""

    policy: WindowPolicy
    allow: tuple[_Times, ...]
    deny: tuple[_Times, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    inventory: Inventory
    windows: tuple[_Window, ...]


@cache
def _adapter() -> TypeAdapter[tuple[_Kept]]:
    # Arbitrary types are those of schedules, which are empty here; a tuple of one, because pydantic
    # takes a configuration for everything but dataclasses.
    one: Any = tuple.__class_getitem__(_Kept)
    return TypeAdapter(one, config=ConfigDict(arbitrary_types_allowed=True))


def to_text(inventory: Inventory) -> str:
    """The inventory as JSON; equal inventories give equal texts."""
    windows = tuple(
        _Window(
            replace(policy, schedule=Schedule()),
            tuple(_times(entry) for entry in policy.schedule.allow),
            tuple(_times(entry) for entry in policy.schedule.deny),
        )
        for policy in inventory.windows.values()
    )
    bare = replace(inventory, windows={}, webhooks={}, positions={})
    return _adapter().serializer.to_json((_Kept(bare, windows),)).decode()


def from_text(text: str) -> Inventory:
    """The inventory in such a text. Raises ValueError if it is none that this version can read."""
    (kept,) = _adapter().validate_json(text)
    windows = {
        each.policy.name: replace(
            each.policy,
            schedule=Schedule(tuple(map(_entry, each.allow)), tuple(map(_entry, each.deny))),
        )
        for each in kept.windows
    }
    return replace(kept.inventory, windows=windows)


def _times(entry: Entry) -> _Times:
    calendar = entry.calendar.text if isinstance(entry.calendar, IcsCalendar) else None
    return _Times(str(entry.zone), tuple(sorted(entry.days)), entry.hours, entry.dates, calendar)


def _entry(times: _Times) -> Entry:
    calendar = None if times.calendar is None else IcsCalendar(times.calendar)
    return Entry(ZoneInfo(times.zone), frozenset(times.days), times.hours, times.dates, calendar)
