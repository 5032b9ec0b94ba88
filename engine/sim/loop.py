"""An asyncio loop on virtual time: nothing waits, the clock jumps to whatever is due next.

Every source of surprise is gone or seeded: no files, sockets or threads, and timers that fall
on the same instant fire in an order that the seed decides, which finds races that a fixed
order would hide.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from contextvars import Context
from random import Random
from typing import NoReturn, TypeVarTuple, Unpack

_Ts = TypeVarTuple("_Ts")

JITTER_S = 1e-6
MAX_TURNS_AT_ONE_INSTANT = 100_000


class NothingLeftToHappen(RuntimeError):
    """Everything waits and no timer is set: a deadlock, which real time would hide."""


class TimeStandsStill(RuntimeError):
    """Something reschedules itself for ever without letting time pass."""


class _VirtualSelector(selectors.SelectSelector):
    """Selects nothing, ever: waiting only adds to the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self._turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingLeftToHappen("every task waits, and nothing is left that could wake one")
        self._turns = 0 if timeout > 0 else self._turns + 1
        if self._turns > MAX_TURNS_AT_ONE_INSTANT:
            raise TimeStandsStill(f"{self._turns} turns of the loop at {self.now_s} s")
        self.now_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """One simulated world's loop; ``time()`` counts from 0 in virtual seconds."""

    def __init__(self, random: Random) -> None:
        self._virtual = _VirtualSelector()
        self._random = random
        super().__init__(self._virtual)

    def time(self) -> float:
        """Virtual seconds since the world began."""
        return self._virtual.now_s

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As asyncio's, up to a seeded microsecond later."""
        return super().call_at(when + self._random.random() * JITTER_S, callback, *args, context=context)

    def run_in_executor(self, *_: object) -> NoReturn:
        """Threads know no virtual time."""
        raise RuntimeError("no threads in a simulation")
