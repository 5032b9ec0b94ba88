"""``policies.alarms``: as they are written, and made into the model's."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from engine.inventory.reading import Read, S
from engine.inventory.scalars import BlankList, Duration, FreeText, PositiveDuration, Text, mismatch, problem
from engine.inventory.scopes import ScopeEntry, Scopes
from engine.inventory.section import section_with
from engine.model.alarm import AlarmPolicy

_URL = re.compile(r"https?://[^\s/]+(/\S*)?\Z", re.ASCII)


def _url(value: Any) -> str:
    if not isinstance(value, str) or not _URL.match(value):
        raise mismatch("a URL such as http://127.0.0.1:9090", value)
    return value


AlarmUrl = Annotated[str, PlainValidator(_url), WithJsonSchema({"type": "string"})]


_FOR = (Duration, Field(default=0.0, description="How long that has to last before it fires"))
_Lasting: Any = section_with("_Lasting", {"for": _FOR})


class AlarmEntry(_Lasting):  # type: ignore[misc] # it has a key called for
    """Nothing it applies to starts or goes on while it fires, or cannot be read: one of
    prometheus, http and command."""

    applies_to: ScopeEntry = Field(default=ScopeEntry(), description="What it applies to; default: everything")
    prometheus: AlarmUrl = Field(default="", description="URL of a Prometheus server, to which query is put")
    query: FreeText = Field(default="", description="Fires while this returns any sample")
    http: AlarmUrl = Field(default="", description="Fires while this answers with anything but 2xx")
    command: Annotated[list[Text], BlankList] = Field(
        default=[], description="Run on the engine's host; fires on any exit status but 0 (126 and 127: not readable)"
    )
    interval: PositiveDuration = Field(default=15.0, description="From one look to the next")
    timeout: PositiveDuration = Field(default=5.0, description="How long one look may take")

    @model_validator(mode="after")
    def _exactly_one(self) -> AlarmEntry:
        given = [name for name in ("prometheus", "http", "command") if getattr(self, name)]
        if len(given) != 1:
            raise problem(
                f"expected exactly one of prometheus, http and command, found {' and '.join(given) or 'none'}"
            )
        if bool(self.query) != bool(self.prometheus):
            raise problem("prometheus and query go together")
        return self


def make_alarms(read: Read[S], entries: dict[str, AlarmEntry], scopes: Scopes) -> dict[str, AlarmPolicy]:
    """The alarms of the section ``policies``; faults are noted."""
    return {
        name: AlarmPolicy(
            name=name,
            scope=scopes.make(read, ("alarms", name, "applies_to"), entry.applies_to),
            prometheus=entry.prometheus.rstrip("/"),
            query=entry.query,
            http=entry.http,
            command=tuple(entry.command),
            for_s=getattr(entry, "for"),
            interval_s=entry.interval,
            timeout_s=entry.timeout,
        )
        for name, entry in sorted(entries.items())
    }
