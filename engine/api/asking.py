"""The routes that ask the engine for something. Who asks is what the kernel says of the peer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from engine.api import naming
from engine.api.bodies import DeployBody, ProbeBody, RollbackBody, SubjectBody
from engine.api.forecasts import with_times
from engine.api.judgement import plan_view
from engine.api.peer import actor
from engine.api.problems import Reply
from engine.api.protocol import Accepted, DeployRequest, HostView, PlanView, RollbackRequest
from engine.api.reading import moment_of, port_of
from engine.api.views import host_views
from engine.errors import RequestRefused, UsageError
from engine.model import request as ask
from engine.model.change import OnFailure
from engine.model.snapshot import Snapshot
from engine.plan.preview import queued

router = APIRouter(prefix="/v1", tags=["ask"])


def _deploy(snapshot: Snapshot, body: DeployRequest, who: str, only_differing: bool = False) -> ask.Deploy:
    """The request that a body makes, its names known."""
    inventory = snapshot.inventory
    through = naming.environment(inventory, body["through"]) if body.get("through") else ""
    # On the way through environments, none named means: from the first on.
    environment = "" if through and not body["environment"] else naming.environment(inventory, body["environment"])
    reconfigure = bool(body.get("reconfigure"))
    if reconfigure and not only_differing:
        raise UsageError("reconfigure goes with apply.")
    if not body["services"] and not only_differing:
        raise UsageError("Nothing was named: give at least one SERVICE=VERSION.")
    for name in body["services"]:
        naming.service(inventory, name)
    try:
        on_failure = OnFailure(body.get("on_failure") or OnFailure.HOLD)
    except ValueError:
        raise UsageError("on_failure is one of hold, revert_all.") from None
    return ask.Deploy(
        who,
        environment,
        dict(body["services"]),
        body.get("reason", ""),
        on_failure,
        only_differing,
        accept_bridge=bool(body.get("accept_bridge")),
        allow_lockstep=bool(body.get("allow_lockstep")),
        through=through,
        reconfigure=reconfigure,
        evidence=dict(body.get("evidence", {})),
        not_before=_moment(body.get("not_before", "")),
        when_available=bool(body.get("when_available")),
    )


def _moment(text: str) -> datetime | None:
    """An RFC 3339 time, None for ""."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError("not_before is a time with its offset from UTC, such as 2026-11-24T18:00:00Z.")
    return found.astimezone(UTC)


async def _submit(request: Request, wanted: ask.Request) -> Reply:
    outcome = await port_of(request).submit(wanted)
    accepted: Accepted = {"change": outcome.change, "message": outcome.message}
    if len(outcome.changes) > 1:
        accepted["changes"] = list(outcome.changes)
    return Reply(accepted)


@router.post("/plan", response_model=PlanView)
async def plan(request: Request, body: DeployBody, times: bool = False) -> Any:
    """What would happen if this were deployed. Nothing is changed. ``times``: also when each
    step would start and end, which takes longer."""
    await port_of(request).refresh_catalog()
    snapshot = port_of(request).snapshot
    wanted = _deploy(snapshot, body, actor(request))
    view = plan_view(snapshot, wanted)
    after = queued(snapshot, wanted) if times and view["steps"] else None
    found = await port_of(request).forecast(after) if after else None
    return Reply(with_times(view, after, found, snapshot.state.next_change) if after and found else view)


@router.post("/changes", response_model=Accepted)
async def deploy(request: Request, body: DeployBody) -> Any:
    """Queue one change; with ``dry_run`` only judge whether it would be taken."""
    wanted = _deploy(port_of(request).snapshot, body, actor(request))
    return await _queue(request, wanted, bool(body.get("dry_run")))


@router.post("/apply", response_model=Accepted)
async def apply(request: Request, body: DeployBody) -> Any:
    """Queue one change with what differs from what is desired; nothing when nothing does."""
    wanted = _deploy(port_of(request).snapshot, body, actor(request), only_differing=True)
    return await _queue(request, wanted, bool(body.get("dry_run")))


async def _queue(request: Request, wanted: ask.Deploy, dry_run: bool) -> Reply:
    if not dry_run:
        return await _submit(request, wanted)
    if refused := plan_view(port_of(request).snapshot, wanted)["refused"]:
        refusal = RequestRefused(refused)
        refusal.kept = True  # nothing was asked for: no matter for the audit
        raise refusal
    return Reply(Accepted(change="", message="This would be accepted; nothing was queued."))


@router.post("/rollback", response_model=Accepted)
async def rollback(request: Request, body: RollbackBody) -> Any:
    """Queue the way back to an earlier good version, of an instance or of a whole change."""
    return await _submit(request, _rollback(request, body))


@router.post("/rollback/plan", response_model=PlanView)
async def plan_rollback(request: Request, body: RollbackBody) -> Any:
    """What a rollback would do, and the whole chain if others refuse it. Nothing is changed."""
    return Reply(plan_view(port_of(request).snapshot, _rollback(request, body)))


def _rollback(request: Request, body: RollbackRequest) -> ask.Rollback:
    subject = naming.subject(port_of(request).snapshot, body["subject"])
    return ask.Rollback(
        actor(request),
        subject,
        body.get("to", ""),
        body.get("reason", ""),
        mark_bad=bool(body.get("mark_bad")),
        chain=bool(body.get("chain")),
        allow_lockstep=bool(body.get("allow_lockstep")),
    )


@router.post("/pause", response_model=Accepted)
async def pause(request: Request, body: SubjectBody) -> Any:
    """Stop at the next safe point: a change, an instance, or "" for all starts."""
    return await _submit(request, ask.Pause(actor(request), _subject(request, body["subject"])))


@router.post("/resume", response_model=Accepted)
async def resume(request: Request, body: SubjectBody) -> Any:
    """Undo ``pause`` of the same subject."""
    return await _submit(request, ask.Resume(actor(request), _subject(request, body["subject"])))


@router.post("/cancel", response_model=Accepted)
async def cancel(request: Request, body: SubjectBody) -> Any:
    """Take an unstarted change out of the queue."""
    found = naming.change(port_of(request).snapshot, body["subject"])
    return await _submit(request, ask.Cancel(actor(request), found.id))


def _subject(request: Request, text: str) -> str:
    return naming.subject(port_of(request).snapshot, text) if text else ""


@router.post("/probe", response_model=list[HostView])
async def probe(request: Request, body: ProbeBody) -> Any:
    """Look at these hosts now (all, if none is named), and tell what was seen."""
    port = port_of(request)
    inventory = port.snapshot.inventory
    names = sorted({naming.host(inventory, name) for name in body["hosts"]} or inventory.hosts)
    await port.probe(names)
    return Reply(host_views(moment_of(request), port.transport.latency_ms, names))
