"""The routes by which people decide about changes and versions: yes, no, not yet, back, again,
sooner, and in spite of a gate. Who decides is what the kernel says of the peer.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from engine.api import naming
from engine.api.bodies import ApprovalBody, ClearBadBody, DecisionBody, HookBody, OverrideBody, SubjectBody
from engine.api.peer import actor
from engine.api.problems import Reply
from engine.api.protocol import Accepted, LetLooseView, OverrideRequest
from engine.api.reading import port_of
from engine.api.times import when
from engine.api.views import wait_view
from engine.model import request as ask
from engine.model.text import printable
from engine.plan.people.letting_loose import lets_loose

router = APIRouter(prefix="/v1", tags=["decide"])


async def _submit(request: Request, wanted: ask.Request) -> Reply:
    outcome = await port_of(request).submit(wanted)
    accepted: Accepted = {"change": outcome.change, "message": outcome.message}
    return Reply(accepted)


def _change(request: Request, text: str) -> str:
    return naming.change(port_of(request).snapshot, text).id


@router.post("/hold", response_model=Accepted)
async def hold(request: Request, body: SubjectBody) -> Any:
    """Keep a change that has not started from starting, or take hands off an instance."""
    subject = naming.subject(port_of(request).snapshot, body["subject"])
    return await _submit(request, ask.Hold(actor(request), subject))


@router.post("/release", response_model=Accepted)
async def release(request: Request, body: SubjectBody) -> Any:
    """Undo ``hold`` of the same subject."""
    subject = naming.subject(port_of(request).snapshot, body["subject"])
    return await _submit(request, ask.Release(actor(request), subject))


@router.post("/approve", response_model=Accepted)
async def approve(request: Request, body: ApprovalBody) -> Any:
    """A yes to a change; with the ``digest`` that was looked at, refused if it has changed."""
    change = _change(request, body["subject"])
    return await _submit(request, ask.Approve(actor(request), change, body.get("digest", "")))


@router.post("/reject", response_model=Accepted)
async def reject(request: Request, body: DecisionBody) -> Any:
    """A no to a change that has not started."""
    change = _change(request, body["subject"])
    return await _submit(request, ask.Reject(actor(request), change, body.get("reason", "")))


@router.post("/abort", response_model=Accepted)
async def abort(request: Request, body: DecisionBody) -> Any:
    """Stop a change at its safe point and take back what is unfinished."""
    change = _change(request, body["subject"])
    return await _submit(request, ask.Abort(actor(request), change, body.get("reason", "")))


@router.post("/retry", response_model=Accepted)
async def retry(request: Request, body: DecisionBody) -> Any:
    """Begin what failed, was taken back or never started of a change anew."""
    change = _change(request, body["subject"])
    return await _submit(request, ask.Retry(actor(request), change, body.get("reason", "")))


@router.post("/promote", response_model=Accepted)
async def promote(request: Request, body: SubjectBody) -> Any:
    """Let the canaries of a change go on, which have baked and wait for a person."""
    return await _submit(request, ask.Promote(actor(request), _change(request, body["subject"])))


@router.post("/expedite", response_model=Accepted)
async def expedite(request: Request, body: DecisionBody) -> Any:
    """Move a change ahead of the queue."""
    change = _change(request, body["subject"])
    return await _submit(request, ask.Expedite(actor(request), change, body.get("reason", "")))


@router.post("/clear-bad", response_model=Accepted)
async def clear_bad(request: Request, body: ClearBadBody) -> Any:
    """Say of bad versions that they may be deployed again."""
    inventory = port_of(request).snapshot.inventory
    for name in body["services"]:
        naming.service(inventory, name)
    where = body.get("environment", "")
    environment = naming.environment(inventory, where) if where else ""
    wanted = ask.ClearBad(actor(request), dict(body["services"]), body["reason"], environment)
    return await _submit(request, wanted)


@router.post("/hook", response_model=Accepted)
async def hook(request: Request, body: HookBody) -> Any:
    """Say of a change's hooks that nobody knows the end of what became of them."""
    change = _change(request, body["subject"])
    return await _submit(request, ask.SettleHook(actor(request), change, body["again"]))


@router.post("/override", response_model=Accepted)
async def override(request: Request, body: OverrideBody) -> Any:
    """Lift one gate for one change, for a while."""
    return await _submit(request, _override(request, body))


@router.post("/override/plan", response_model=LetLooseView)
async def plan_override(request: Request, body: OverrideBody) -> Any:
    """What an override would let loose. Nothing is changed."""
    found = lets_loose(port_of(request).snapshot, _override(request, body))
    view: LetLooseView = {
        "lifts": [wait_view(wait) for wait in found.lifts],
        "starts": [
            {"change": change, "service": service, "to": printable(version)}
            for change, service, version in found.starts
        ],
        "still": [wait_view(wait) for wait in found.still],
        "until": when(found.until),
        "refused": printable(found.refused),
    }
    return Reply(view)


def _override(request: Request, body: OverrideRequest) -> ask.OverrideGate:
    change = _change(request, body["subject"])
    return ask.OverrideGate(actor(request), change, body["gate"], body["reason"], body.get("for_s"))
