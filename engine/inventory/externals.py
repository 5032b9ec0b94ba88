"""``externals``: as they are written, and made into the model's; and the needs that name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from engine.inventory.alarms import AlarmUrl
from engine.inventory.faults import Faults
from engine.inventory.node import Table, child, table_of
from engine.inventory.reading import read_section
from engine.inventory.scalars import BlankList, Name, PositiveDuration, Text, mismatch, problem
from engine.inventory.section import Section
from engine.model.external import External
from engine.model.inventory import Position

_TCP = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}:([0-9]{1,5})\Z", re.ASCII)


def _tcp(value: Any) -> str:
    match = _TCP.match(value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match.group(1)) <= 65535:
        raise mismatch("ADDRESS:PORT", value)
    return str(value)


class ExternalHealthEntry(Section):
    """How an external is asked from the engine's host: one of http, tcp and command."""

    http: AlarmUrl = Field(default="", description="Passes on a 2xx answer")
    tcp: Annotated[str, PlainValidator(_tcp), WithJsonSchema({"type": "string"})] = Field(
        default="", description="ADDRESS:PORT: passes when a connection is accepted"
    )
    command: Annotated[list[Text], BlankList] = Field(default=[], description="Passes on exit status 0")
    interval: PositiveDuration = Field(default=15.0, description="From one look to the next")
    timeout: PositiveDuration = Field(default=5.0, description="How long one look may take")

    @model_validator(mode="after")
    def _exactly_one(self) -> ExternalHealthEntry:
        given = [name for name in ("http", "tcp", "command") if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise problem(f"expected exactly one of http, tcp and command, found {found}")
        return self


class ExternalEntry(Section):
    """Something needed and never rolled: a SaaS, a database of somebody else's."""

    health: ExternalHealthEntry = Field(description="How it is asked whether it is well")
    owner: Name | None = Field(default=None, description="The team to ask about it")


def make_externals(document: Table, teams: Collection[str], faults: Faults) -> Mapping[str, External]:
    """The externals of the whole inventory; faults are noted."""
    made: dict[str, External] = {}
    services = table_of(child(document, "services"))
    for name, entry in sorted(table_of(child(document, "externals")).items()):
        at, path = Position(entry.file, entry.line), ("externals", name)
        if name in services:
            faults.add(at, "conflict", f"externals.{name}: a service has that name already")
        read = read_section(ExternalEntry, entry.value, at, path, faults)
        if read is None or "health" in read.unread:
            continue
        owner, health = read.value.owner, read.value.health
        if owner is not None and "owner" not in read.unread and owner not in teams:
            faults.unknown(read.at("owner"), read.name("owner"), "team", owner, teams)
        made[name] = External(
            name, health.http, health.tcp, tuple(health.command), health.interval, health.timeout, owner or ""
        )
    return made
