"""The routes of host maintenance, restarts and removals, and what each would touch. Who asks is
what the kernel says of the peer; the planner's judge knows the names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request

from engine.api.bodies import DecisionBody, RemoveBody, TouchBody
from engine.api.peer import actor
from engine.api.problems import Reply
from engine.api.protocol import Accepted, TouchView
from engine.api.reading import port_of
from engine.api.views import wait_view
from engine.errors import UsageError
from engine.model import maintenance as ask
from engine.model.text import printable
from engine.plan.care.touching import touch

router = APIRouter(prefix="/v1", tags=["maintain"])

_ASKS: dict[str, Callable[[str, str, str], ask.MaintenanceRequest]] = {
    "cordon": ask.Cordon,
    "drain": ask.Drain,
    "uncordon": ask.Uncordon,
    "retire": ask.Retire,
    "unretire": ask.Unretire,
    "restart": ask.Restart,
    "remove": ask.Remove,
}


async def _submit(request: Request, wanted: ask.MaintenanceRequest) -> Reply:
    outcome = await port_of(request).submit(wanted)
    accepted: Accepted = {"change": outcome.change, "message": outcome.message}
    return Reply(accepted)


@router.post("/cordon", response_model=Accepted)
async def cordon(request: Request, body: DecisionBody) -> Any:
    """Start, place and heal nothing more on a host."""
    return await _submit(request, ask.Cordon(actor(request), body["subject"], body.get("reason", "")))


@router.post("/drain", response_model=Accepted)
async def drain(request: Request, body: DecisionBody) -> Any:
    """Cordon a host and queue the change that stops what runs there."""
    return await _submit(request, ask.Drain(actor(request), body["subject"], body.get("reason", "")))


@router.post("/uncordon", response_model=Accepted)
async def uncordon(request: Request, body: DecisionBody) -> Any:
    """Undo ``cordon`` or ``drain``; what was stopped comes back."""
    return await _submit(request, ask.Uncordon(actor(request), body["subject"], body.get("reason", "")))


@router.post("/retire", response_model=Accepted)
async def retire(request: Request, body: DecisionBody) -> Any:
    """Take a host, dead or alive, out of dependencies, budgets and convergence at once."""
    return await _submit(request, ask.Retire(actor(request), body["subject"], body.get("reason", "")))


@router.post("/unretire", response_model=Accepted)
async def unretire(request: Request, body: DecisionBody) -> Any:
    """Undo ``retire``, once nothing of the past runs there."""
    return await _submit(request, ask.Unretire(actor(request), body["subject"], body.get("reason", "")))


@router.post("/restart", response_model=Accepted)
async def restart(request: Request, body: DecisionBody) -> Any:
    """Queue the restart of an instance, as it is."""
    return await _submit(request, ask.Restart(actor(request), body["subject"], body.get("reason", "")))


@router.post("/remove", response_model=Accepted)
async def remove(request: Request, body: RemoveBody) -> Any:
    """Queue the removal of an instance's orphans if it has any, else of all of it."""
    who, only = actor(request), bool(body.get("only_orphans"))
    return await _submit(request, ask.Remove(who, body["subject"], body.get("reason", ""), only))


@router.post("/touch", response_model=TouchView)
async def touched(request: Request, body: TouchBody) -> Any:
    """What one of these would touch. Nothing is changed."""
    make = _ASKS.get(body["verb"])
    if make is None:
        raise UsageError(f"verb is one of {', '.join(_ASKS)}.")
    found = touch(port_of(request).snapshot, make(actor(request), body["subject"], ""))
    view: TouchView = {
        "message": printable(found.said),
        "refused": printable(found.refused),
        "placements": [printable(str(placement)) for placement in found.placements],
        "gives_up": [printable(text) for text in found.gives_up],
        "lets_go": [
            {"change": change, "service": service, "state": status.value} for change, service, status in found.lets_go
        ],
        "waits": [wait_view(wait) for wait in found.waits],
    }
    return Reply(view)
