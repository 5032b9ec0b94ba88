"""What a screen asks of the engine beyond the board: fetched in a worker when the screen is drawn, kept
while it is fresh, and never in the way of drawing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from textual.screen import Screen

from engine.errors import InterlockError

T = TypeVar("T")


class Asked(Generic[T]):
    """One answer and how old it is. ``problem`` is the sentence if it could not be had."""

    def __init__(self, screen: Screen[None], name: str, arrived: Callable[[], None]) -> None:
        self.value: T | None = None
        self.problem = ""
        self._screen = screen
        self._name = name
        self._arrived = arrived
        self._key: object = None
        self._at = float("-inf")
        self._asking = False

    def want(self, key: object, fresh_s: float, call: Callable[[], T]) -> T | None:
        """The answer as it is; asks again if it is of another ``key`` or older than ``fresh_s``."""
        old = monotonic() - self._at > fresh_s
        if not self._asking and (old or key != self._key):
            self._asking = True
            self._screen.run_worker(self._ask(key, call), group=self._name)
        return self.value

    async def _ask(self, key: object, call: Callable[[], T]) -> None:
        try:
            self.value, self.problem = await asyncio.to_thread(call), ""
        except InterlockError as error:
            self.problem = str(error)
        finally:
            self._asking, self._key, self._at = False, key, monotonic()
        self._arrived()
