"""Engines that follow one another on one embedded fleet, each stopped in the middle of its work (as SIGSTOP or a
hung hypervisor would), succeeded by another on a copy of its journal, and then continued: real SSH, the real
host script, the real store. What the stale one asks of a host after its successor's claim must be refused.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from engine import drivers
from engine import inventory as inventories
from engine.drivers import DIGEST, SCRIPT, StepResult
from engine.errors import InterlockError
from engine.model.inventory import Inventory
from engine.model.maintenance import Restart
from engine.model.names import InstanceId
from engine.model.observation import Claim
from engine.model.remote import Command, Reply
from engine.model.request import Deploy
from engine.runtime.depot import Depot
from engine.runtime.engine import Engine
from engine.runtime.ports import SystemChance, SystemClock
from engine.store.folder import JOURNAL
from engine.store.sqlite import SqliteStore
from engine.transport.ssh import SshTransport

HARMLESS = frozenset(("observe", "verify", "log", "claim"))  # what a claim may change, the host decides by it
PATIENCE_S = 60.0
LOOKS = 600  # a tenth of a second apart


@dataclass(slots=True)
class Tally:
    """``engine_calls`` and ``direct_calls`` of stale engines asked for a change, and were refused but for ``stale``."""

    rounds: int = 0
    engine_calls: int = 0
    direct_calls: int = 0
    stale: list[str] = field(default_factory=list)


class Stoppable(SshTransport):
    """The way to the hosts of an engine that is stopped just before its ``stop_at``-th call that changes
    something: nothing is sent and no answer heard until it continues."""

    def __init__(self, inventory: Inventory, stop_at: int) -> None:
        super().__init__(inventory, (SCRIPT, DIGEST))
        self.stop_at = stop_at
        self.goes, self.stopped, self.answered = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.goes.set()
        self.is_stale = False
        self.said: list[tuple[str, Reply]] = []

    async def run(self, host: str, command: Command) -> Reply:
        """As the transport's."""
        if command.verb not in HARMLESS and self.goes.is_set():
            self.stop_at -= 1
            if self.stop_at == 0:
                self.stop()
        await self.goes.wait()
        was_stale = self.is_stale
        reply = await super().run(host, command)
        await self.goes.wait()
        if was_stale and command.verb not in HARMLESS:
            self.said.append((f"{command.verb} on {host}", reply))
            self.answered.set()
        return reply

    def stop(self) -> None:
        """Now."""
        self.goes.clear()
        self.stopped.set()


class Generation:
    """One engine, its loop running."""

    def __init__(self, inventory: Inventory, store: SqliteStore, transport: Stoppable, engine: Engine) -> None:
        self.inventory, self.store, self.transport, self.engine = inventory, store, transport, engine
        self.refusal = ""
        self._loop = asyncio.create_task(engine.run())

    @classmethod
    async def begin(cls, inventory: Inventory, state: Path, stop_at: int) -> Generation:
        """Start one on the journal in ``state``."""
        store = await SqliteStore.open(state)
        transport, depot = Stoppable(inventory, stop_at), Depot()
        clock, chance = SystemClock(), SystemChance()
        engine = Engine(inventory, await store.load(), store, transport, clock, chance, depot.find, prover=depot)
        await engine.start()
        return cls(inventory, store, transport, engine)

    @property
    def claim(self) -> Claim:
        """What it believes to hold."""
        state = self.engine.snapshot.state
        return Claim(state.store, state.epoch, self.engine.name)

    async def until_stopped(self, random: Random) -> None:
        """Queue a change whenever nothing is under way, or what is has come to nothing for some seconds, until a
        call stops it in the middle of one."""
        for look in range(LOOKS):
            if self.transport.stopped.is_set():
                return
            if not list(self.engine.snapshot.state.unfinished()) or look % 50 == 49:
                await self._ask(random)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.transport.stopped.wait(), 0.1)
        waits = [f"{wait.reason}: {wait.message}" for wait in self.engine.plan.waits]
        raise AssertionError(
            f"nothing was asked of any host; at work: {sorted(self.engine.activity)}; waits: {waits}; {self.refusal}"
        )

    async def _ask(self, random: Random) -> None:
        catalog = self.engine.snapshot.catalog
        name = random.choice(sorted(catalog.by_service))
        version = random.choice(catalog.versions(name))
        for request in (Deploy("ana", "prod", {name: version}), Restart("ana", f"{name}@prod")):
            try:
                if (await self.engine.submit(request)).change:
                    return
            except InterlockError as refusal:  # a bad version, or what runs already: it can be restarted
                self.refusal = str(refusal)

    async def end(self) -> None:
        """Stop its loop, and close what it holds."""
        self.engine.halt()
        self.transport.goes.set()
        await self._loop
        await self.engine.close()
        await self.transport.close()
        await self.store.close()


def quick(inventory: Inventory) -> Inventory:
    """The same, open to everybody, with every rollout as quick as it can be."""
    services = {
        name: replace(
            service, rollout=replace(service.rollout, min_healthy_time_s=0.1, healthy_deadline_s=6.0, bake_s=0.0)
        )
        for name, service in inventory.services.items()
    }
    return replace(inventory, services=services, roles=())


async def generations(inventory_path: Path, folder: Path, rounds: int, seed: int = 0) -> Tally:
    """So many rounds, one engine after the other."""
    random, tally = Random(seed), Tally()
    inventory = quick(await asyncio.to_thread(inventories.load, inventory_path))
    first = await Generation.begin(inventory, folder / "0", random.randint(1, 4))
    try:
        for number in range(1, rounds + 1):
            first = await _round(first, folder / str(number), random, tally)
    finally:
        await first.end()
    return tally


async def _round(first: Generation, folder: Path, random: Random, tally: Tally) -> Generation:
    """Stop the first in the middle of something, let a second go on, and continue the first."""
    await first.until_stopped(random)
    folder.mkdir(mode=0o700)
    await first.store.copy_to(folder / JOURNAL)
    second = await Generation.begin(first.inventory, folder, random.randint(1, 4))
    first.transport.is_stale = True
    first.transport.goes.set()
    async with asyncio.timeout(PATIENCE_S):
        await first.transport.answered.wait()
    tally.stale += await _asked_directly(first, tally)
    await first.end()
    for name, reply in first.transport.said:
        tally.engine_calls += 1
        if "\tfenced\n" not in reply.stdout:
            tally.stale.append(name)
    tally.rounds += 1
    return second


async def _asked_directly(stale: Generation, tally: Tally) -> list[str]:
    """Every host is asked under the stale claim to stop what it runs; those that did not refuse."""
    snapshot, asked = stale.engine.snapshot, []
    for instance in snapshot.inventory.instances():
        for placement in snapshot.inventory.placements(InstanceId(*instance)):
            host = snapshot.inventory.hosts[placement.host]
            configuration = snapshot.inventory.services[placement.service].configuration
            spec = drivers.expand(configuration, placement, host, None, snapshot.inventory.organization)
            asked.append((placement.host, drivers.withdraw(spec, stale.claim, f"stale-{tally.rounds}")))
    replies = await asyncio.gather(*(SshTransport.run(stale.transport, host, command) for host, command in asked))
    tally.direct_calls += len(replies)
    results = [(host, drivers.parse_switch(reply).result) for (host, _), reply in zip(asked, replies, strict=True)]
    return [f"withdraw on {host}: {result}" for host, result in results if result is not StepResult.FENCED]
