"""Asks alarms, each at its own pace, and tells the engine's inbox what changed. A look that
brings no answer says nothing; two of them in a row, and nobody knows: that is told too. While a
change waits for an alarm it is asked more often, so that the change moves as soon as it clears.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from engine.model.alarm import AlarmPolicy, Verdict
from engine.model.inventory import Inventory
from engine.runtime.asking import Answer, ask
from engine.runtime.beats import Beats
from engine.runtime.ports import Chance, Clock

__all__ = ["Answer", "Ask", "Heard", "Probes", "ask"]

MISSES = 2
AWAITED_S = 0.5  # from one look to the next while a change waits for the alarm
Ask = Callable[[AlarmPolicy], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Heard:
    """What an alarm says from now on."""

    alarm: str
    verdict: Verdict
    detail: str


class Probes:
    """Keeps asking every alarm of the inventory until it is closed. ``asks`` is how: tests and
    the simulation bring their own. ``awaited`` tells for which alarms a change waits now."""

    def __init__(
        self,
        clock: Clock,
        chance: Chance,
        deliver: Callable[[Heard], None],
        asks: Ask = ask,
        awaited: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._deliver = deliver
        self._ask = asks
        self._awaited = awaited
        self._beats = Beats("alarm", self._keep_asking)

    def follow(self, inventory: Inventory) -> None:
        """Begin with alarms that are new or asked in another way, stop with those that are gone."""
        self._beats.follow(inventory.alarms)

    async def close(self) -> None:
        """Stop asking."""
        await self._beats.close()

    async def _keep_asking(self, policy: AlarmPolicy, _: asyncio.Event) -> None:
        told: Verdict | None = None
        since_s: float | None = None  # when it last began to fire
        misses = 0
        while True:
            answer = await self._answer(policy)
            misses = misses + 1 if answer.verdict is Verdict.UNKNOWN else 0
            verdict = answer.verdict
            if verdict is Verdict.FIRING:
                since_s = self._clock.monotonic_s() if since_s is None else since_s
                lasted = self._clock.monotonic_s() - since_s >= policy.for_s
                verdict = Verdict.FIRING if lasted else Verdict.CLEAR
            elif verdict is Verdict.CLEAR:
                since_s = None
            if verdict is not told and (verdict is not Verdict.UNKNOWN or misses >= MISSES):
                told = verdict
                self._deliver(Heard(policy.name, verdict, answer.detail))
            await self._rest(policy)

    async def _rest(self, policy: AlarmPolicy) -> None:
        """Until the alarm is to be asked again."""
        left_s = policy.interval_s * 0.95 + self._chance.jitter(policy.interval_s * 0.1)
        while left_s > 0:
            turn_s = min(left_s, AWAITED_S)
            await asyncio.sleep(turn_s)
            left_s = 0.0 if policy.name in self._awaited() else left_s - turn_s

    async def _answer(self, policy: AlarmPolicy) -> Answer:
        try:
            async with asyncio.timeout(policy.timeout_s):
                return await self._ask(policy)
        except TimeoutError:
            return Answer(Verdict.UNKNOWN, f"no answer within {policy.timeout_s:g} s")
