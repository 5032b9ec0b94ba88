"""The routes that only look. None of them waits for anything but the journal."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from engine.api import naming
from engine.api.boards import Boards
from engine.api.graph import graph_view
from engine.api.hooks import heal_logs
from engine.api.judgement import why_view
from engine.api.moment import Moment
from engine.api.narrative import tell
from engine.api.past import Until, past_board, past_of, until
from engine.api.peer import actor
from engine.api.port import Port
from engine.api.problems import Reply
from engine.api.protocol import (
    Board,
    ChangeView,
    EngineView,
    GraphView,
    HostView,
    LogView,
    StatusRow,
    WatchEvent,
    WhyView,
)
from engine.api.service_logs import with_service_logs
from engine.api.views import change_view, change_views, export_view, host_views, log_views, status_rows
from engine.api.watching import EventStream, Lines
from engine.plan.people.authority import roles_of
from engine.runtime.revisions import inventory_at

router = APIRouter(prefix="/v1", tags=["look"])
After = Annotated[int | None, Query(ge=0, le=2**62)]
Name = Annotated[str, Query(max_length=400)]


def port_of(request: Request) -> Port:
    """The engine that this application serves."""
    found: Port = request.app.state.port
    return found


def moment_of(request: Request) -> Moment:
    """The engine as it is now; the same moment for all who ask until the engine's next step."""
    port, kept = port_of(request), request.app.state
    known: Moment | None = kept.moment
    if known is None or known.snapshot is not port.snapshot or known.plan is not port.plan:
        known = kept.moment = Moment(port.snapshot, port.plan, port.activity)
    return known


def _engine_view(request: Request) -> EngineView:
    port, person = port_of(request), actor(request)
    roles = [role.value for role in roles_of(port.snapshot.inventory, person)]
    return {**port.info(), "you": person, "roles": roles}


@router.get("/engine", response_model=EngineView)
async def engine(request: Request) -> Any:
    """The engine itself, and who you are to it."""
    return Reply(_engine_view(request))


@router.get("/board", response_model=Board)
async def board(request: Request, at: Name = "") -> Any:
    """All that the console's screens draw. ``at`` (the number of an event, or a time): as it was
    then, by the journal and the inventory of then (today's, where the journal kept none)."""
    if at:
        return Reply(await _past_board(request, until(at)))
    boards: Boards = request.app.state.boards
    body = await boards.body(moment_of(request), _engine_view(request), port_of(request).transport.latency_ms)
    return Response(body, media_type="application/json")


async def _past_board(request: Request, end: Until) -> Board:
    port = port_of(request)
    then = await past_of(request).then(port.store, end)
    first = await port.store.read(limit=1)
    engine = _engine_view(request)
    kept = await inventory_at(port.store, then.seq)
    today = replace(port.snapshot, inventory=kept[1]) if kept else port.snapshot
    return await asyncio.to_thread(past_board, today, then, engine, first[0] if first else None)


@router.get("/status", response_model=list[StatusRow])
async def status(request: Request, subject: Name = "", environment: Name = "") -> Any:
    """Current, target, desired, health and waits of every instance, or of those named."""
    moment = moment_of(request)
    inventory = moment.snapshot.inventory
    rows = status_rows(moment, naming.instances(inventory, subject) if subject else None)
    if environment:
        naming.environment(inventory, environment)
        rows = [row for row in rows if row["environment"] == environment]
    return Reply(rows)


@router.get("/graph", response_model=GraphView)
async def graph(request: Request) -> Any:
    """The services and what they need. It changes only when the inventory is reloaded."""
    snapshot = port_of(request).snapshot
    return Reply(graph_view(snapshot))


@router.get("/changes", response_model=list[ChangeView])
async def changes(request: Request) -> Any:
    """The queue, then the latest finished changes, newest first."""
    return Reply(change_views(moment_of(request), request.app.state.settled))


@router.get("/changes/{change}", response_model=ChangeView)
async def change(request: Request, change: str) -> Any:
    """One change."""
    moment = moment_of(request)
    return Reply(change_view(moment, naming.change(moment.snapshot, change)))


@router.get("/changes/{change}/logs", response_model=list[LogView])
async def logs(request: Request, change: str, host: Name = "") -> Any:
    """What the moves of a change wrote; one host's, if it is named. For SERVICE or SERVICE@ENV what the
    last heals of its placements came to, and what their hooks wrote."""
    moment = moment_of(request)
    if host:
        naming.host(moment.snapshot.inventory, host)
    if change not in moment.snapshot.state.changes and not change.isdigit():
        return Reply(heal_logs(moment, naming.instances(moment.snapshot.inventory, change), host))
    found = naming.change(moment.snapshot, change)
    return Reply(await with_service_logs(port_of(request), found, log_views(moment, found, host)))


@router.get("/export", response_model=dict[str, dict[str, str]])
async def export(request: Request) -> Any:
    """Today's desired versions, in the form that ``apply`` takes."""
    return Reply(export_view(moment_of(request)))


@router.get("/why/{subject:path}", response_model=WhyView)
async def why(request: Request, subject: str) -> Any:
    """What holds a change, SERVICE or SERVICE@ENV, through the chain of dependencies; with
    nothing after the slash, what holds anything at all."""
    moment = moment_of(request)
    named = naming.subject(moment.snapshot, subject) if subject else ""
    return Reply(why_view(moment.snapshot, moment.plan, named))


@router.get("/hosts", response_model=list[HostView])
async def hosts(request: Request) -> Any:
    """Every host: whether it answers, how fast, and what is placed on it."""
    return Reply(host_views(moment_of(request), port_of(request).transport.latency_ms))


@router.get(
    "/watch",
    response_class=Lines,
    responses={200: {"content": {EventStream.media_type: {}}, "model": WatchEvent}},
)
async def watch(request: Request, change: Name = "", kind: Name = "", after: After = None) -> Any:
    """Events as they happen, a line of JSON each. ``change`` and ``kind`` (several with
    commas) limit them; ``after`` first replays those of the journal past that ``seq``."""
    port = port_of(request)
    if change:
        naming.change(port.snapshot, change)
    kinds = frozenset(filter(None, kind.split(",")))
    events = port.watch()
    replay = [] if after is None else await port.store.read(after=after, limit=10_000, change=change)

    def wanted(event: WatchEvent) -> bool:
        return (not change or event["change"] == change) and (not kinds or event["kind"] in kinds)

    return EventStream(
        events,
        [tell(recorded) for recorded in replay],
        wanted,
        request.app.state.stopping,
        request.app.state.watch_limit,
    )
