"""Two engines on one fleet: the first is stopped in the middle of its work (SIGSTOP, a hung hypervisor), a
second goes on from a copy of its journal, and then the first continues, believing nothing has happened.
Every host must refuse it from the moment it obeys the second.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from engine.errors import InterlockError
from engine.model.change import OnFailure
from engine.model.remote import Command, Reply
from engine.model.request import Deploy
from engine.sim.estate import ENVIRONMENT, VERSIONS, Estate, generate
from engine.sim.host import SimHost
from engine.sim.invariants import Invariants
from engine.sim.link import Link, SimTransport
from engine.sim.process import EngineProcess, virtual_loop
from engine.sim.world import World
from engine.store.folder import JOURNAL

HARMLESS = frozenset(("observe", "verify", "log", "claim"))  # what a claim may change, the host decides by it
LONG_ENOUGH_S = 240.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to: how often the stale engine asked a host for a change, and was refused;
    ``stale`` are the calls that a host carried out though it obeyed the other."""

    tried: int
    refused: int
    stale: tuple[str, ...]
    breaches: tuple[str, ...]
    moves_of_second: int


class StoppableTransport(SimTransport):
    """The way to the hosts of an engine that is stopped just before its ``stop_at``-th call that changes
    something: nothing is sent and no answer is heard until it continues. From then on what it asks is
    looked at."""

    def __init__(self, hosts: Mapping[str, SimHost], links: Mapping[str, Link], random: Random) -> None:
        super().__init__(hosts, links, random)
        self.stop_at = 0
        self.goes, self.stopped = asyncio.Event(), asyncio.Event()
        self.goes.set()
        self.is_stale = False
        self.tried: list[str] = []
        self.refused: list[str] = []
        self.stale: list[str] = []

    async def run(self, host: str, command: Command) -> Reply:
        """As the transport's."""
        if command.verb not in HARMLESS and self.goes.is_set():
            self.stop_at -= 1
            if self.stop_at == 0:
                self.goes.clear()
                self.stopped.set()
        await self.goes.wait()
        sent_stale = self.is_stale
        reply = await super().run(host, command)
        await self.goes.wait()
        if sent_stale and command.verb not in HARMLESS:
            name = f"{command.verb} on {host}"
            self.tried.append(name)
            (self.refused if "\tfenced\n" in reply.stdout else self.stale).append(name)
        return reply


class _TwoEngines(World):
    """A world that hands the first engine a transport that can be stopped."""

    def __init__(self, seed: int, estate: Estate, folder: Path) -> None:
        super().__init__(seed, estate, folder / "first")
        self.hooks_fail = False
        self.transports: list[StoppableTransport] = []

    def make_transport(self, random: Random) -> SimTransport:
        self.transports.append(StoppableTransport(self.hosts, self.links, random))
        return self.transports[-1]


def fencing_round(seed: int) -> Round:
    """One round, as the seed has it."""
    with (
        tempfile.TemporaryDirectory(prefix="interlock-fencing-") as folder,
        asyncio.Runner(loop_factory=lambda: virtual_loop(seed)) as runner,
    ):
        return runner.run(_round(seed, Path(folder)))


async def _round(seed: int, folder: Path) -> Round:
    random = Random(f"{seed} fencing")
    estate = generate(Random(f"{seed} fencing estate"), random.randint(2, 5), random.randint(2, 5))
    world = _TwoEngines(seed, estate, folder)
    world.start_engine()
    first = await _begun(world.process)
    transport = world.transports[0]
    transport.stop_at = random.randint(1, 6)
    await _deploy(first, estate, random)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONG_ENOUGH_S):
            await transport.stopped.wait()
    transport.goes.clear()  # also one that had less to do
    second = await _second(world, first, folder / "second", random)
    begun = world.invariants.launches
    await asyncio.sleep(random.choice((0.0, 5.0, 60.0)))
    transport.is_stale = True
    transport.goes.set()
    await asyncio.sleep(LONG_ENOUGH_S)
    result = Round(
        len(transport.tried),
        len(transport.refused),
        tuple(transport.stale),
        tuple(world.invariants.breaches),
        world.invariants.launches - begun,
    )
    second.kill()
    world.kill_engine()
    return result


async def _begun(process: EngineProcess | None) -> EngineProcess:
    """Once it has made first contact."""
    while process is None or process.engine is None:  # noqa: ASYNC110 - its time is virtual
        await asyncio.sleep(0.1)
    return process


async def _deploy(first: EngineProcess, estate: Estate, random: Random) -> None:
    for name in estate.inventory.services:
        wanted = {name: random.choice(VERSIONS[1:])}
        if first.engine is not None:
            with suppress(InterlockError):  # it fits nothing that runs: the others do
                await first.engine.submit(Deploy("ana", ENVIRONMENT, wanted, "", OnFailure.HOLD, only_differing=False))


async def _second(world: World, first: EngineProcess, folder: Path, random: Random) -> EngineProcess:
    """Another engine, on a copy of the first one's journal. The first goes on thinking, alone: what it
    believes is looked at by a witness of its own."""
    folder.mkdir()  # noqa: ASYNC240 - virtual time stands still meanwhile
    if first.engine is not None:
        await first.engine.store.copy_to(folder / JOURNAL)
        first.engine.invariants = Invariants(world.estate.inventory, world.hosts, asyncio.get_running_loop().time)
    transport = SimTransport(world.hosts, world.links, random)
    second = EngineProcess(folder, world.estate.inventory, world.estate.catalog, transport, random)
    second.hooks_fail = False
    second.start(world.invariants)
    return await _begun(second)
