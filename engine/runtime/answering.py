"""Requests on their way through the loop: who asked waits for a future, which is answered here."""

from __future__ import annotations

import asyncio

from engine.errors import InterlockError, RequestDenied, RequestRefused
from engine.model.access import RequestTurnedDown
from engine.model.request import Outcome, Request

Asked = tuple[Request, "asyncio.Future[Outcome]"]


def answer_to(future: asyncio.Future[Outcome], answer: Outcome | InterlockError) -> None:
    """Give the answer to who asked; a refusal is raised there."""
    if future.done():
        return  # whoever asked has gone; the journal has it all the same
    if isinstance(answer, Outcome):
        future.set_result(answer)
    else:
        future.set_exception(answer)


def turned_down(request: Request, refusal: RequestRefused) -> RequestTurnedDown:
    """The refusal as the audit keeps it."""
    named = (getattr(request, name, "") for name in ("subject", "change", "host"))
    about = next(filter(None, named), "") or _services(request)
    denied = isinstance(refusal, RequestDenied)
    return RequestTurnedDown(request.actor, type(request).__name__, about, str(refusal), denied)


def _services(request: Request) -> str:
    wanted = getattr(request, "services", {})
    where = getattr(request, "environment", "")
    return ", ".join(f"{name}={version}" for name, version in sorted(wanted.items())) + (f" @{where}" if where else "")
