"""Who may come in at all: with ``roles`` in the inventory, only people who have one. What they
may do is judged with each request (engine.plan.people.authority).
"""

from __future__ import annotations

import time

from fastapi import Request

from engine.api.peer import actor
from engine.errors import RequestDenied
from engine.model.access import RequestTurnedDown
from engine.model.text import printable
from engine.plan.people.authority import may_look

# The journal hears of somebody at the door this often: a script that knocks must not fill it.
NOTED_EVERY_S = 60.0


class Entrance:
    """Turns away whoever has no role, and notes it."""

    def __init__(self) -> None:
        self._noted: dict[str, float] = {}

    async def __call__(self, request: Request) -> None:
        """Raises RequestDenied for somebody without any role."""
        port, person = request.app.state.port, actor(request)
        if may_look(port.snapshot.inventory, person):
            return
        why = f"{person} has no role in {port.snapshot.inventory.organization}, and so may not even look"
        now = time.monotonic()
        if now - self._noted.get(person, float("-inf")) >= NOTED_EVERY_S:
            self._noted[person] = now
            port.note(RequestTurnedDown(person, "look", printable(request.url.path, 200), why, denied=True))
        denial = RequestDenied(f"{why}. An admin can add them under roles in the inventory.")
        denial.kept = True
        raise denial
