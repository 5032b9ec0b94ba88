"""Refusals that the engine's judge never saw, for the audit: names that are not known, roles that are missing,
requests that make no sense. Looking changes nothing and is not kept, unless somebody was denied it.
"""

from __future__ import annotations

import time

from fastapi import Request

from engine.api.peer import actor
from engine.errors import InterlockError, RequestDenied, RequestRefused
from engine.model.access import RequestTurnedDown
from engine.model.text import printable

# A script that asks the same thing again and again must not fill the journal.
AGAIN_AFTER_S = 60.0
REMEMBERED = 1000
PREVIEWS = frozenset({"/v1/plan", "/v1/rollback/plan", "/v1/override/plan", "/v1/touch"})


class Refusals:
    """Notes each refusal in the journal, the same one to the same person once a minute."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str, str], float] = {}

    def keep(self, request: Request, error: InterlockError | str) -> None:
        """Note what was refused to whom, unless the journal has it or it was only a look."""
        denied = isinstance(error, RequestDenied)
        looks = request.method in ("GET", "HEAD") or request.url.path in PREVIEWS
        if (looks and not denied) or (isinstance(error, InterlockError) and error.kept):
            return
        try:
            person = actor(request)
        except RequestRefused:
            return  # the kernel named nobody
        asked = getattr(request.scope.get("route"), "name", "something")
        if self._is_new(person, asked, str(error)):
            subject, why = printable(request.url.path, 200), printable(str(error), 500)
            request.app.state.port.note(RequestTurnedDown(person, asked, subject, why, denied))

    def _is_new(self, person: str, asked: str, why: str) -> bool:
        now, key = time.monotonic(), (person, asked, why)
        if now - self._noted.get(key, float("-inf")) < AGAIN_AFTER_S:
            return False
        if len(self._noted) >= REMEMBERED:
            self._noted.clear()
        self._noted[key] = now
        return True
