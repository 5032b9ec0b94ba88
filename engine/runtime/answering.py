"""Requests on their way through the loop: who asked waits for a future, which is answered here."""

from __future__ import annotations

import asyncio

from engine.errors import InterlockError
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
