"""Looks at hosts: all of them at the start, then each at its own pace, and at once when asked.
One call a look; what it brings goes to the engine's inbox, never straight into the state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from engine import drivers
from engine.errors import AnswerUnreadable, TransportError
from engine.model.inventory import Inventory
from engine.model.observation import Claim, Health, HostReport
from engine.model.remote import Command
from engine.model.snapshot import Snapshot
from engine.model.state import State
from engine.plan.deployed import Surroundings
from engine.runtime.beats import Beats, rest
from engine.runtime.ports import Chance, Clock
from engine.transport.protocol import Transport

AT_ONCE = 32
GARBLED_MOST_S = 60.0  # the longest pause between looks at a host whose answers cannot be read

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a host brought: a report, or the reason why there is none. ``began_s``
    is when it began, on the monotonic clock: what changed since is not in it."""

    host: str
    began_s: float
    report: HostReport | None
    fenced: bool = False
    reason: str = ""
    skew_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Ready:
    """What a host is asked, as long as neither the state nor the inventory is another one: at rest it
    is worked out once, not at every look."""

    state: State
    inventory: Inventory
    specs: list[drivers.PlacementSpec]
    bases: frozenset[str]
    command: Command


def specs_on(snapshot: Snapshot, host: str, around: Surroundings | None = None) -> list[drivers.PlacementSpec]:
    """What is to be looked at on a host, as the drivers want it. ``around``: what is known of all hosts."""
    inventory = snapshot.inventory
    return [
        drivers.expand(configuration, placement, inventory.hosts[host], None, inventory.organization)
        for placement, configuration in (around or Surroundings(snapshot)).looked_at(host)
    ]


def _ready(snapshot: Snapshot, host: str, around: Surroundings) -> _Ready:
    specs, bases = specs_on(snapshot, host, around), around.bases_on(host)
    command = drivers.observe(snapshot.inventory.organization, specs, bases)
    return _Ready(snapshot.state, snapshot.inventory, specs, bases, command)


class Observer:
    """Keeps looking at every host of the inventory until it is closed."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        chance: Chance,
        snapshot: Callable[[], Snapshot],
        deliver: Callable[[Look], None],
    ) -> None:
        self.claim: Claim | None = None
        self.take_over = False
        self._transport = transport
        self._clock = clock
        self._chance = chance
        self._snapshot = snapshot
        self._deliver = deliver
        self._places = asyncio.Semaphore(AT_ONCE)
        self._beats = Beats("observe", self._keep_looking)
        self._ready: dict[str, _Ready] = {}
        self._garbled: dict[str, int] = {}  # how many answers in a row could not be read
        self._around: Surroundings | None = None

    def follow(self, inventory: Inventory) -> None:
        """Begin with hosts that are new, stop with those that are gone."""
        self._beats.follow({host: host for host in inventory.hosts})
        for known in (self._ready, self._garbled):
            for host in known.keys() - inventory.hosts.keys():
                del known[host]

    def poke(self, host: str) -> None:
        """Look at a host soon, whatever its interval says."""
        self._beats.poke(host)

    async def close(self) -> None:
        """Stop looking."""
        await self._beats.close()

    async def look(self, host: str) -> Look:
        """Look at one host now, and put this engine's claim on it if it is not there yet."""
        began_s = self._clock.monotonic_s()
        async with self._places:
            try:
                asked = self._clock.now().timestamp()
                report = await self._observe(host)
                skew_s = _skew_s(report.clock_s, asked, self._clock.now().timestamp())
                fenced, reason = await self._fence(host, report) if self.claim else (False, "")
            except AnswerUnreadable as error:
                self._garbled[host] = self._garbled.get(host, 0) + 1
                return Look(host, began_s, None, reason=_garbled(host, error))
            except TransportError as error:
                return Look(host, began_s, None, reason=str(error))
            except Exception as error:  # a bug must not leave a host unobserved for ever
                log.exception("look failed inside the engine", host=host)
                return Look(host, began_s, None, reason=f"an error inside the engine: {error!r}")
        self._garbled.pop(host, None)
        return Look(host, began_s, report, fenced, reason, skew_s)

    async def look_at(self, hosts: Iterable[str]) -> list[Look]:
        """Look at several hosts at the same time and deliver what is seen."""
        looks = await asyncio.gather(*(self.look(host) for host in hosts))
        for look in looks:
            self._deliver(look)
        return list(looks)

    async def _keep_looking(self, host: str, poked: asyncio.Event) -> None:
        # The fleet was just looked at as one: from here on each host has a beat of its own.
        first_s = self._interval_s(host) if self._is_well(host) else 1.0
        await rest(poked, self._chance.jitter(first_s))
        while True:
            self._deliver(await self.look(host))
            interval_s = max(self._interval_s(host), self._pause_s(host))
            await rest(poked, interval_s * 0.9 + self._chance.jitter(interval_s * 0.2))

    def _is_well(self, host: str) -> bool:
        """Whether all that is placed there was seen to be healthy."""
        snapshot = self._snapshot()
        seen = [snapshot.state.sightings.get(each) for each in snapshot.inventory.placements_on(host)]
        return bool(seen) and all(each is not None and each.health is Health.PASSING for each in seen)

    def _pause_s(self, host: str) -> float:
        """Doubled with every answer that cannot be read, up to a minute: asking sooner mends nothing."""
        count = self._garbled.get(host, 0)
        return min(GARBLED_MOST_S, 2.0 ** min(count, 10)) if count else 0.0

    def _interval_s(self, host: str) -> float:
        """Busy where something moves, is to move, or has drifted; steady elsewhere."""
        snapshot = self._snapshot()
        observe, placed = snapshot.inventory.observe, snapshot.inventory.hosts.get(host)
        for placement, healing in snapshot.state.healings.items():
            if placement.host == host and (healing.flight or 0 < healing.sightings < 2):
                return min(observe.busy_s, observe.steady_s)
        for change, item in snapshot.state.rollouts():
            service = snapshot.inventory.services.get(item.service)
            if host in item.hosts or (service and placed and host in service.hosts.get(change.environment, ())):
                return min(observe.busy_s, observe.steady_s)
        return observe.steady_s

    def _ready_for(self, host: str) -> _Ready:
        snapshot = self._snapshot()
        ready = self._ready.get(host)
        if ready is None or ready.state is not snapshot.state or ready.inventory is not snapshot.inventory:
            if self._around is None or not self._around.are_of(snapshot):
                self._around = Surroundings(snapshot, self._around)
            ready = self._ready[host] = _ready(snapshot, host, self._around)
        return ready

    async def _observe(self, host: str) -> HostReport:
        ready = self._ready_for(host)
        reply = await self._transport.run(host, ready.command)
        return drivers.parse_observe(host, reply, ready.specs)

    async def _fence(self, host: str, report: HostReport) -> tuple[bool, str]:
        """Whether this engine's claim is on the host now, and if not, why."""
        claim = self.claim
        if claim is None or report.claim == claim:
            return claim is not None, ""
        ready = self._ready_for(host)
        if not ready.bases:
            return True, ""
        command = drivers.claim(ready.inventory.organization, ready.bases, claim, self.take_over)
        answer = drivers.parse_claim(await self._transport.run(host, command))
        if answer.accepted:
            return True, ""
        holder = answer.holder
        if holder is None:
            return False, answer.detail
        if holder.store != claim.store:
            return False, (
                f"it obeys an engine with another state folder (engine {holder.engine}); "
                "if that one is gone, start this one with --take-over"
            )
        return False, f"it obeys engine {holder.engine} (epoch {holder.epoch}), which is newer than this one"


def _garbled(host: str, error: AnswerUnreadable) -> str:
    """What an operator is told of a host whose answer cannot be read, and what to look for there."""
    return (
        f"what {host} says is not what the host script says: {error}. Nothing is done there until it can be read. "
        f"A profile of its login (~/.bashrc) must print nothing, and no other program may stand in for its shell"
    )


def _skew_s(clock_s: float, asked_s: float, answered_s: float) -> float:
    """By how much a host's clock is ahead of the engine's, or behind, at least: what it said lies
    between the question and the answer if both are right. 0 where the host told no time."""
    if not clock_s or asked_s <= clock_s <= answered_s:
        return 0.0
    return round(clock_s - (answered_s if clock_s > answered_s else asked_s), 3)
