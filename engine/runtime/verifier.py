"""Has hosts read the releases that are current on them, now and then: an edit in place shows nowhere else.

Beside the looks, since it takes as long as reading takes; at most two hosts at a time, each at its own
beat. What comes of it goes to the engine's inbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from engine import drivers
from engine.errors import AnswerUnreadable, TransportError
from engine.model.inventory import Inventory
from engine.model.observation import Verdict
from engine.model.snapshot import Snapshot
from engine.runtime.beats import Beats, rest
from engine.runtime.observer import specs_on
from engine.runtime.ports import Chance, Clock
from engine.transport.protocol import Transport

AT_ONCE = 2
EVERY_S = 3600.0
SHORTEST_S = 600.0
STEADY = 20  # as often as so many looks at rest, within the two above

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading the releases of one host came to; it began at ``began_s`` on the monotonic clock."""

    host: str
    began_s: float
    verdicts: tuple[Verdict, ...]


class Verifier:
    """Keeps verifying every host of the inventory that answers, until it is closed."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        chance: Chance,
        snapshot: Callable[[], Snapshot],
        deliver: Callable[[Verified], None],
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._chance = chance
        self._snapshot = snapshot
        self._deliver = deliver
        self._places = asyncio.Semaphore(AT_ONCE)
        self._beats = Beats("verify", self._keep_verifying)

    def follow(self, inventory: Inventory) -> None:
        """Begin with hosts that are new, stop with those that are gone."""
        self._beats.follow({host: host for host in inventory.hosts})

    def poke(self, hosts: Iterable[str]) -> None:
        """Have these read theirs soon, whatever their beat."""
        for host in hosts:
            self._beats.poke(host)

    async def close(self) -> None:
        """Stop."""
        await self._beats.close()

    async def _verify(self, host: str) -> None:
        began_s, snapshot = self._clock.monotonic_s(), self._snapshot()
        specs = specs_on(snapshot, host)
        async with self._places:
            try:
                reply = await self._transport.run(host, drivers.verify(snapshot.inventory.organization, specs))
                verdicts = drivers.parse_verify(reply, specs)
            except (TransportError, AnswerUnreadable):
                return  # the looks tell why it does not answer
            except Exception:  # a bug must not end the task for good
                log.exception("verifying failed inside the engine", host=host)
                return
        self._deliver(Verified(host, began_s, verdicts))

    async def _keep_verifying(self, host: str, poked: asyncio.Event) -> None:
        rest_s = self._chance.jitter(self._every_s())  # a fleet is not read all at once
        while True:
            await rest(poked, rest_s)
            await self._verify(host)
            rest_s = self._every_s() * 0.9 + self._chance.jitter(self._every_s() * 0.2)

    def _every_s(self) -> float:
        return min(EVERY_S, max(SHORTEST_S, STEADY * self._snapshot().inventory.observe.steady_s))
