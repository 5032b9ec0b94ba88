"""Asks externals whether they are well, each at its own pace, and tells the engine's inbox what
changed. A look that brings no answer says nothing; two in a row, and nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.model.alarm import AlarmPolicy, Verdict
from engine.model.external import External, ExternalSeen
from engine.model.inventory import Inventory
from engine.model.observation import Health
from engine.model.scope import Scope
from engine.model.text import printable
from engine.runtime.asking import ask
from engine.runtime.beats import Beats
from engine.runtime.ports import Chance

MISSES = 2
HEALTH = {Verdict.CLEAR: Health.PASSING, Verdict.FIRING: Health.FAILING, Verdict.UNKNOWN: Health.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an external brought, and why, in words."""

    health: Health
    detail: str = ""


LookAt = Callable[[External], Awaitable[Look]]


async def look_at(external: External) -> Look:
    """One look at an external. Never raises for anything that it may find."""
    if external.tcp:
        return await _connect(external.tcp)
    policy = AlarmPolicy(
        external.name, Scope(), http=external.http, command=external.command, timeout_s=external.timeout_s
    )
    answer = await ask(policy)
    return Look(HEALTH[answer.verdict], answer.detail)


async def _connect(where: str) -> Look:
    address, _, port = where.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(address.strip("[]"), int(port))
    except OSError as error:
        return Look(Health.FAILING, printable(f"{where} accepts no connection: {error}"))
    writer.close()
    return Look(Health.PASSING)


class Externals:
    """Keeps looking at every external of the inventory until it is closed."""

    def __init__(self, chance: Chance, deliver: Callable[[ExternalSeen], None], looks: LookAt = look_at) -> None:
        self._chance = chance
        self._deliver = deliver
        self._look_at = looks
        self._beats = Beats("external", self._keep_looking)

    def follow(self, inventory: Inventory) -> None:
        """Begin with externals that are new or asked in another way, stop with those that are gone."""
        self._beats.follow(inventory.externals)

    async def close(self) -> None:
        """Stop looking."""
        await self._beats.close()

    async def _keep_looking(self, external: External, _: asyncio.Event) -> None:
        told: Health | None = None
        misses = 0
        while True:
            look = await self._look(external)
            misses = misses + 1 if look.health is Health.UNKNOWN else 0
            if look.health is not told and (look.health is not Health.UNKNOWN or misses >= MISSES):
                told = look.health
                self._deliver(ExternalSeen(external.name, look.health, look.detail))
            await asyncio.sleep(external.interval_s * 0.95 + self._chance.jitter(external.interval_s * 0.1))

    async def _look(self, external: External) -> Look:
        try:
            async with asyncio.timeout(external.timeout_s):
                return await self._look_at(external)
        except TimeoutError:
            return Look(Health.UNKNOWN, f"no answer within {external.timeout_s:g} s")
