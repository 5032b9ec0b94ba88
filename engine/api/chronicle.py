"""The history: the latest events of the journal, of all that is asked for together. What an event is about is in
itself, or in the change that it belongs to.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from engine.api import naming
from engine.api.narrative import name_of, tell
from engine.api.past import time_named
from engine.api.port import Port
from engine.api.problems import Reply, UnknownName
from engine.api.protocol import WatchEvent
from engine.api.reading import port_of
from engine.errors import UsageError
from engine.model.access import RequestTurnedDown
from engine.model.change import Change
from engine.model.event import ChangeAccepted, Event, Recorded
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.store.codec import kinds

router = APIRouter(prefix="/v1", tags=["look"])
PAGE = 1000
Limit = Annotated[int, Query(ge=1, le=10_000)]
Before = Annotated[int, Query(ge=0, le=2**62)]
Name = Annotated[str, Query(max_length=400)]
_WORD = re.compile(r"[^\s,=@/]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; what is empty asks for nothing. ``kinds`` are as the journal writes them; ``services``
    those of the service and the team that were named, None: whatever it is about."""

    kinds: frozenset[str] = frozenset()
    services: frozenset[str] | None = None
    environment: str = ""
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_everything(self) -> bool:
        """Whether every event is wanted."""
        return self == Wanted()

    def keeps(self, recorded: Recorded, changes: Mapping[str, Change], inventory: Inventory) -> bool:
        """Whether an event is wanted; ``changes`` are all that were ever accepted, by id."""
        if self.until is not None and recorded.at >= self.until:
            return False
        if self.kinds and type(recorded.event).__name__ not in self.kinds:
            return False
        if self.by and actor_of(recorded.event) != self.by:
            return False
        if self.services is None and not self.environment:
            return True
        return any(
            (self.services is None or service in self.services) and self.environment in ("", environment)
            for service, environment in about(recorded.event, changes, inventory)
        )


def actor_of(event: Event) -> str:
    """Who asked for it or decided it; "" where it just came."""
    return event.change.requested_by if isinstance(event, ChangeAccepted) else getattr(event, "by", "")


def about(event: Event, changes: Mapping[str, Change], inventory: Inventory) -> set[tuple[str, str]]:
    """The services and environments that an event is about; ("", environment) for one about a host alone."""
    if isinstance(event, ChangeAccepted):
        return _of_change(event.change)
    if isinstance(event, RequestTurnedDown):
        return _of_words(event.subject, changes, inventory)
    instance: InstanceId | None = getattr(event, "instance", None)
    if instance is not None:
        return {(instance.service, instance.environment)}
    placement = getattr(event, "placement", None) or getattr(getattr(event, "sighting", None), "placement", None)
    if placement is not None:
        return {(placement.service, placement.environment)}
    change = changes.get(getattr(event, "change", ""))
    if change is not None:
        service = getattr(event, "service", "")
        return {(service, change.environment)} if service else _of_change(change)
    host = inventory.hosts.get(getattr(event, "host", ""))
    return {("", host.environment)} if host else set()


def _of_change(change: Change) -> set[tuple[str, str]]:
    return {(item.service, change.environment) for item in change.items}


def _of_words(subject: str, changes: Mapping[str, Change], inventory: Inventory) -> set[tuple[str, str]]:
    """What a request that was turned down was about: the number of a change, or names among others."""
    if subject in changes:
        return _of_change(changes[subject])
    words = set(_WORD.findall(subject))
    services = words & inventory.services.keys()
    return {
        (service, environment) for service in services or {""} for environment in words & {*inventory.environments}
    } or {(service, "") for service in services}


@router.get("/history", response_model=list[WatchEvent])
async def history(
    request: Request,
    change: Name = "",
    service: Name = "",
    environment: Name = "",
    team: Name = "",
    by: Name = "",
    kind: Name = "",
    since: Name = "",
    until: Name = "",
    limit: Limit = 100,
    before: Before = 0,
) -> Any:
    """The latest events of the journal (``before`` the number of one, if it is given), oldest first. Of one
    change; about a service, environment or a team's services; asked for or decided ``by`` somebody; of some kinds
    (with commas); from ``since`` on and before ``until`` (RFC 3339): of all that is given together."""
    port = port_of(request)
    inventory = port.snapshot.inventory
    wanted = Wanted(
        _kinds(kind),
        _services(inventory, service, team),
        naming.environment(inventory, environment) if environment else "",
        by,
        time_named(since) if since else None,
        time_named(until) if until else None,
    )
    found = await _found(port, wanted, change, limit, before)
    if change and not found and not before and wanted.is_everything:
        naming.change(port.snapshot, change)  # refuses the unknown
    return Reply([tell(recorded) for recorded in found])


async def _found(port: Port, wanted: Wanted, change: str, limit: int, before: int) -> list[Recorded]:
    """From the newest back, a page at a time, until there are enough."""
    if wanted.is_everything:
        return await port.store.read(limit=limit, change=change, newest=True, before=before, kinds=wanted.kinds)
    changes = await _accepted(port)
    found: list[Recorded] = []
    while page := await port.store.read(limit=PAGE, change=change, newest=True, before=before, kinds=wanted.kinds):
        inventory = port.snapshot.inventory
        mine = (each for each in reversed(page) if wanted.keeps(each, changes, inventory))
        for recorded in mine:
            if wanted.since is not None and recorded.at < wanted.since:
                break  # older still are those before it
            found.append(recorded)
        before = page[0].seq
        if len(found) >= limit or (wanted.since is not None and page[0].at < wanted.since) or before <= 1:
            break
        await asyncio.sleep(0)
    return found[:limit][::-1]


async def _accepted(port: Port) -> dict[str, Change]:
    """Every change that was ever accepted, as it was then."""
    events: list[Recorded] = []
    names = [ChangeAccepted.__name__]
    while page := await port.store.read(after=events[-1].seq if events else 0, kinds=names, limit=PAGE):
        events += page
    return {each.event.change.id: each.event.change for each in events if isinstance(each.event, ChangeAccepted)}


def _services(inventory: Inventory, service: str, team: str) -> frozenset[str] | None:
    if team and team not in inventory.teams:
        raise UnknownName("team", team, list(inventory.teams))
    if not service and not team:
        return None
    named: Iterable[str] = [naming.service(inventory, service)] if service else inventory.services
    return frozenset(name for name in named if not team or inventory.services[name].team == team)


def _kinds(text: str) -> frozenset[str]:
    """The kinds of events named, as the journal writes them. Raises UsageError for one that there is not."""
    known = {name_of(each): name for name, each in kinds().items()}
    named = [each for each in text.split(",") if each]
    for each in named:
        if each not in known:
            raise UnknownName("kind of event", each, sorted(known))
    if text and not named:
        raise UsageError("kind names kinds of events, with commas between them, such as change-status,move-ended")
    return frozenset(known[each] for each in named)
