"""``policies.windows`` and ``policies.freezes``: as they are written, and made into the model's
policies, with time zones and calendar files looked up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from engine.inventory.faults import Faults, bare, quote
from engine.inventory.files import absolute, read_text
from engine.inventory.ics import CalendarError, IcsCalendar, read_calendar
from engine.inventory.reading import Read, S
from engine.inventory.scalars import BlankList, Flag, FreeText, Text, choice, problem
from engine.inventory.scopes import ScopeEntry, Scopes
from engine.inventory.section import Section, section_with
from engine.inventory.times import DatesOf, Days, HoursOf, Moment, Zone
from engine.model.window import Entry, Freeze, OnClose, Schedule, WindowPolicy

MAX_CALENDAR_BYTES = 4 * 1024 * 1024
UTC = ZoneInfo("UTC")

ON_CLOSE = tuple(each.value for each in OnClose)
OnCloseOf = Annotated[str, PlainValidator(choice(*ON_CLOSE)), WithJsonSchema({"enum": list(ON_CLOSE)})]


class TimesEntry(Section):
    """Some times: a moment is among them if it passes everything that is given here."""

    days: Days = Field(default=frozenset(), description="Days of the week on which the window begins")
    hours: HoursOf = Field(default=(), description="From and to, by the clock on the wall; default: the whole day")
    dates: DatesOf = Field(default=(), description="Dates on which the window begins, ranges with both ends")
    calendar: Text = Field(default="", description="An iCalendar file: its events, relative to the inventory's folder")
    tz: Zone | None = Field(default=None, description="The time zone; default: the policy's")

    @model_validator(mode="after")
    def _says_something(self) -> TimesEntry:
        if not (self.days or self.hours or self.dates or self.calendar):
            raise problem("expected at least one of days, hours, dates and calendar")
        return self


class _OneOrMore:
    """One table may stand where a list of them may; editors are told so too."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler(core_schema)
        return {"anyOf": [schema["items"], schema]}


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Times = Annotated[list[TimesEntry], BlankList, BeforeValidator(_listed), _OneOrMore()]

_EXEMPT = (ScopeEntry | None, Field(default=None, description="What it does not apply to"))
_Exempting: Any = section_with("_Exempting", {"except": _EXEMPT})
_FROM = (Moment, Field(description="When it begins, with the offset from UTC"))
_Dated: Any = section_with("_Dated", {"from": _FROM, "except": _EXEMPT})


class WindowEntry(_Exempting):  # type: ignore[misc] # it has a key called except
    """When rollouts may run. All windows that apply must be open; allow unites, deny wins."""

    applies_to: ScopeEntry = Field(default=ScopeEntry(), description="What it applies to; default: everything")
    allow: Times = Field(default=[], description="Open in any of these; without any, always")
    deny: Times = Field(default=[], description="Closed in all of these, whatever is allowed")
    tz: Zone | None = Field(default=None, description="The time zone of entries and calendars; default: UTC")
    on_close: OnCloseOf = Field(default="finish_batch", description="What a running rollout does when it closes")
    span: Flag = Field(default=False, description="Whether a rollout may pause and go on over several windows")
    outage: Flag = Field(default=False, description="Whether what goes in lockstep may be stopped for it")


class FreezeEntry(_Dated):  # type: ignore[misc] # it has keys called from and except
    """A span of time in which nothing starts."""

    to: Moment = Field(description="When it ends, with the offset from UTC")
    applies_to: ScopeEntry = Field(default=ScopeEntry(), description="What it applies to; default: everything")
    reason: FreeText = Field(default="", description="Why, for people")
    on_close: OnCloseOf = Field(default="finish_batch", description="What a running rollout does when it begins")


def make_windows(read: Read[S], entries: dict[str, WindowEntry], scopes: Scopes) -> dict[str, WindowPolicy]:
    """The window policies of the section ``policies``; faults are noted."""
    made: dict[str, WindowPolicy] = {}
    for name, entry in sorted(entries.items()):
        path, zone = ("windows", name), entry.tz or UTC
        allow = _entries(read, (*path, "allow"), entry.allow, zone, scopes.faults)
        deny = _entries(read, (*path, "deny"), entry.deny, zone, scopes.faults)
        made[name] = WindowPolicy(
            name=name,
            schedule=Schedule(allow, deny),
            applies_to=scopes.make(read, (*path, "applies_to"), entry.applies_to),
            exempt=_exempt(read, path, entry, scopes),
            on_close=OnClose(entry.on_close),
            span=entry.span,
            outage=entry.outage,
        )
    return made


def make_freezes(read: Read[S], entries: dict[str, FreezeEntry], scopes: Scopes) -> dict[str, Freeze]:
    """The freezes of the section ``policies``; faults are noted."""
    made: dict[str, Freeze] = {}
    for name, entry in sorted(entries.items()):
        path, begin = ("freezes", name), getattr(entry, "from")
        if entry.to <= begin:
            message = f"{read.name(*path, 'to')}: the freeze ends before it begins, so it would never hold anything"
            scopes.faults.add(read.at(*path, "to"), "value", message)
        made[name] = Freeze(
            name=name,
            begin=begin,
            end=entry.to,
            applies_to=scopes.make(read, (*path, "applies_to"), entry.applies_to),
            exempt=_exempt(read, path, entry, scopes),
            reason=entry.reason,
            on_close=OnClose(entry.on_close),
        )
    return made


def _exempt(read: Read[S], path: tuple[str, ...], entry: Any, scopes: Scopes) -> Any:
    """The scope of ``except``; one that names nothing would exempt everything, and is refused."""
    exempt = getattr(entry, "except")
    if exempt is None:
        return None
    scope = scopes.make(read, (*path, "except"), exempt)
    if scope.is_empty:
        message = f"{read.name(*path, 'except')}: names nothing; expected environments, teams, services or labels"
        scopes.faults.add(read.at(*path, "except"), "value", message)
    return scope


def _entries(
    read: Read[S], path: tuple[str, ...], entries: list[TimesEntry], zone: ZoneInfo, faults: Faults
) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            zone=entry.tz or zone,
            days=entry.days,
            hours=entry.hours,
            dates=entry.dates,
            calendar=_calendar(read, (*path, index, "calendar"), entry.calendar, faults) if entry.calendar else None,
        )
        for index, entry in enumerate(entries)
    )


def _calendar(read: Read[S], path: tuple[str | int, ...], file: str, faults: Faults) -> IcsCalendar | None:
    here, key = read.at(*path), read.name(*path)
    text = read_text(Path(absolute(file, os.path.dirname(here.file))), here, faults, MAX_CALENDAR_BYTES)
    try:
        return None if text is None else read_calendar(text)
    except CalendarError as error:
        faults.add(here, "calendar", f"{key}: {quote(file)} {bare(str(error))}")
        return None
