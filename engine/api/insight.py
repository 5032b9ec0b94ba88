"""The routes that look over time: when windows and freezes shut, how well deliveries go, what `check`
finds, and the board as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from engine.api import naming
from engine.api.past import time_named
from engine.api.problems import Reply
from engine.api.protocol import CalendarView, DoraView, FiguresView, FindingView, ShutterView
from engine.api.reading import port_of
from engine.api.times import when
from engine.errors import UsageError
from engine.hygiene import check, from_history, history
from engine.model.event import Event, Recorded
from engine.model.finding import Finding
from engine.model.inventory import Inventory
from engine.model.snapshot import Snapshot
from engine.model.text import printable
from engine.plan import dora
from engine.plan.times.calendar import Shutter, shutters

router = APIRouter(prefix="/v1", tags=["look"])
MOST_DAYS = 92
Days = Annotated[float, Query(gt=0, le=3660)]
Name = Annotated[str, Query(max_length=400)]


@router.get("/calendar", response_model=CalendarView)
async def calendar(request: Request, begin: Name = "", end: Name = "", environment: Name = "") -> Any:
    """When window policies are closed and freezes are on between two times (RFC 3339): by
    default from a day ago to a week from now, at most 92 days."""
    snapshot = port_of(request).snapshot
    if environment:
        naming.environment(snapshot.inventory, environment)
    first = time_named(begin) if begin else snapshot.now - timedelta(days=1)
    last = time_named(end) if end else snapshot.now + timedelta(days=7)
    if not timedelta(0) < last - first <= timedelta(days=MOST_DAYS):
        raise UsageError(f"end has to come after begin, and at most {MOST_DAYS} days after it")
    found = await asyncio.to_thread(shutters, snapshot.inventory, first, last, environment)
    view: CalendarView = {"begin": when(first), "end": when(last), "policies": [_shutter(each) for each in found]}
    return Reply(view)


def _shutter(found: Shutter) -> ShutterView:
    return {
        "policy": found.key,
        "kind": "freeze" if found.is_freeze else "window",
        "reason": printable(found.reason),
        "instances": [str(instance) for instance in found.instances],
        "closed": [[begin.isoformat(), end.isoformat()] for begin, end in found.closed],
    }


@router.get("/dora", response_model=DoraView)
async def figures(request: Request, environment: Name = "", days: Days = 30.0) -> Any:
    """The four DORA figures of an environment (by default the last in order), as a whole, by
    team and by service, over the latest days."""
    snapshot = port_of(request).snapshot
    inventory = snapshot.inventory
    where = naming.environment(inventory, environment) if environment else last_environment(inventory)
    events = await _journal(request, dora.KINDS)
    return Reply(await asyncio.to_thread(_figures, inventory, events, where, snapshot.now, days))


async def _journal(request: Request, kinds: Iterable[type[Event]]) -> list[Recorded]:
    """Every event of those kinds."""
    names = [kind.__name__ for kind in kinds]
    events: list[Recorded] = []
    while page := await port_of(request).store.read(after=events[-1].seq if events else 0, kinds=names, limit=500):
        events += page
    return events


def _figures(inventory: Inventory, events: list[Recorded], where: str, now: datetime, days: float) -> DoraView:
    begin, end = now - timedelta(days=days), now + timedelta(microseconds=1)
    mine = [trial for trial in dora.trials(events) if trial.instance.environment == where]
    teams = {name: service.team for name, service in inventory.services.items()}

    def told(name: str, team: str, some: list[dora.Trial]) -> FiguresView:
        found = dora.figures(some, begin, end)
        return {
            "name": name,
            "team": team,
            "deployments": found.deployments,
            "per_day": round(found.per_day, 3),
            "lead_time_s": found.lead_time_s,
            "failures": found.failures,
            "failure_rate": found.failure_rate,
            "restore_s": found.restore_s,
            "broken": found.broken,
            "daily": list(found.daily),
        }

    by_team = dora.by(mine, dora.team_of(teams))
    by_service = dora.by(mine, lambda trial: trial.instance.service)
    return {
        "environment": where,
        "days": days,
        "begin": when(begin),
        "end": when(now),
        "all": told("", "", mine),
        "teams": [told(team, team, by_team.get(team, [])) for team in sorted({*inventory.teams, *by_team})],
        "services": [
            told(name, teams.get(name, ""), by_service.get(name, [])) for name in sorted({*teams, *by_service})
        ],
    }


def last_environment(inventory: Inventory) -> str:
    """The environment that no other comes after: what DORA calls production."""
    before = {environment.after for environment in inventory.environments.values()}
    last = [name for name in inventory.environments if name not in before]
    return last[-1] if last else ""


def _found(snapshot: Snapshot, events: list[Recorded]) -> list[Finding]:
    found = check(snapshot.inventory, snapshot.catalog, snapshot.now)
    found += from_history(snapshot.inventory, history.latest(events), snapshot.now)
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.rule, finding.message))


@router.get("/findings", response_model=list[FindingView])
async def findings(request: Request) -> Any:
    """What `check` finds in the inventory that the engine uses, with the artifacts it knows, and
    in the history."""
    snapshot = port_of(request).snapshot
    events = await _journal(request, history.KINDS)
    found = await asyncio.to_thread(_found, snapshot, events)
    views: list[FindingView] = [
        {
            "file": each.file,
            "line": each.line,
            "severity": each.severity.value,
            "rule": each.rule,
            "message": printable(each.message),
        }
        for each in found
    ]
    return Reply(views)
