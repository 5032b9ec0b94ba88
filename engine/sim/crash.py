"""Stop the engine at one point of a quiet story, start another on the same journal, and compare the end
with that of the story undisturbed: nothing lost, nothing twice. Idea: TigerBeetle's and ALICE's (Pillai et
al., "All File Systems Are Not Created Equal", 2014) enumeration of every place to crash at.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from engine.errors import InterlockError
from engine.model.change import OnFailure
from engine.model.request import Deploy
from engine.sim.behaviour import Behaviour
from engine.sim.estate import ENVIRONMENT, VERSIONS, Estate, generate
from engine.sim.link import SimTransport
from engine.sim.operator import Operator
from engine.sim.points import PointedStore, PointedTransport, Points
from engine.sim.process import WatchedEngine, virtual_loop
from engine.sim.rest import Rest
from engine.sim.world import World

REST_WITHIN_S = 600.0
SETTLED = {Behaviour.HEALTHY, Behaviour.NEVER, Behaviour.CRASHING}  # whose fate no delay changes
DOWN_S = (0.0, 2.0, 40.0)  # at once; soon; after the dead man's switch has put things back
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story ended. ``placements``: what is current and runs where; ``changes``: what became of
    each, by what was asked for; ``points``: the names of those passed."""

    placements: tuple[tuple[str, str | None, str | None], ...]
    changes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    breaches: tuple[str, ...]
    points: tuple[str, ...]
    lives: int

    def differs_from(self, other: Ending) -> str:
        """What is not as in the other, "" if nothing; points and lives may differ."""
        mine, others = {*self.placements, *self.changes}, {*other.placements, *other.changes}
        return (
            "" if mine == others else f"{sorted(map(str, mine - others))} instead of {sorted(map(str, others - mine))}"
        )


def story(seed: int, stop_at: int = 0, rounds: int = ROUNDS) -> Ending:
    """Run a seed's story of so many rounds of requests, the engine being stopped at its ``stop_at``-th
    point (0: at none)."""
    with (
        tempfile.TemporaryDirectory(prefix="interlock-crash-") as folder,
        asyncio.Runner(loop_factory=lambda: virtual_loop(seed)) as runner,
    ):
        return runner.run(_told(seed, stop_at, rounds, Path(folder)))


async def _told(seed: int, stop_at: int, rounds: int, folder: Path) -> Ending:
    return await _Story(seed, stop_at, rounds, folder).run()


class _CrashWorld(World):
    """A world whose engines have points to be stopped at, all counted together."""

    def __init__(self, seed: int, estate: Estate, folder: Path, stop_at: int) -> None:
        super().__init__(seed, estate, folder)
        self.points = Points(stop_at, self.kill_engine)

        class Store(PointedStore):
            points = self.points

        self.store_class = Store
        self.hooks_fail = False
        for host in self.hosts.values():
            host.hooks_fail = False

    def make_transport(self, random: Random) -> SimTransport:
        return PointedTransport(self.hosts, self.links, random, self.points)


class _Story:
    def __init__(self, seed: int, stop_at: int, rounds: int, folder: Path) -> None:
        estate = _estate(seed)
        self._world = _CrashWorld(seed, estate, folder, stop_at)
        self._requests = _requests(estate, self._world.random("requests"), rounds)
        self._clerk = Operator(self._world, "bo", 1.0)
        self._down_s = DOWN_S[stop_at % len(DOWN_S)]

    async def run(self) -> Ending:
        self._world.start_engine()
        for together in self._requests:
            for request in together:
                await self._ask(request)
            await self._rest()
        world, engine = self._world, self._world.engine
        changes = engine.snapshot.state.changes.values() if engine else ()
        ending = Ending(
            tuple(
                (f"{p.service} on {h.name}", p.current, p.process.version if p.process else None)
                for h, p in world.placements()
            ),
            tuple((c.reason, tuple((item.service, item.status.value) for item in c.items)) for c in changes),
            tuple(world.invariants.breaches),
            tuple(world.points.passed),
            world.lives,
        )
        world.kill_engine()
        return ending

    async def _ask(self, request: Deploy) -> None:
        """As a careful client does: whoever got no answer looks whether the request was taken."""
        while True:
            engine = await self._ready()
            if any(change.reason == request.reason for change in engine.snapshot.state.changes.values()):
                return
            asking = asyncio.create_task(engine.submit(request))
            while not asking.done() and self._world.engine is engine:
                await asyncio.wait((asking,), timeout=0.5)
            if not asking.done():
                asking.cancel()
            elif isinstance(asking.exception(), InterlockError) or not asking.result().change:
                return  # refused, or nothing differs: as it would be in the story undisturbed

    async def _ready(self) -> WatchedEngine:
        while (engine := self._world.engine) is None:
            await asyncio.sleep(0.1)
            if self._world.process is None or self._world.process.is_over:
                await asyncio.sleep(self._down_s)
                self._world.start_engine()
        return engine

    async def _rest(self) -> None:
        loop, rest, quiet = asyncio.get_running_loop(), Rest(self._world), 0
        until = loop.time() + REST_WITHIN_S
        while loop.time() < until and quiet < 4 and not self._world.invariants.breaches:
            await asyncio.sleep(2.0)
            await self._ready()
            await self._clerk.clear_up()  # promotes what waits for a person
            quiet = quiet + 1 if rest.has_come() else 0
        if quiet < 4:
            rest.judge()


def _estate(seed: int) -> Estate:
    random = Random(f"{seed} crash estate")
    estate = generate(random, random.randint(2, 4), random.randint(2, 5))
    fates = {key: fate if fate in SETTLED else Behaviour.HEALTHY for key, fate in estate.behaviours.items()}
    return replace(estate, behaviours=fates)


def _requests(estate: Estate, random: Random, count: int) -> list[list[Deploy]]:
    """Some changes, one round after the other; within a round both at once, of other services."""
    rounds = []
    for number in range(count):
        names = random.sample(list(estate.inventory.services), 2)
        asked = (
            [dict.fromkeys(names, random.choice(VERSIONS))]
            if number == 0
            else [{n: random.choice(VERSIONS)} for n in names]
        )
        rounds.append(
            [
                Deploy(
                    "ana",
                    ENVIRONMENT,
                    wanted,
                    f"round {number}.{at}",
                    OnFailure.HOLD,
                    only_differing=False,
                    allow_lockstep=True,
                )
                for at, wanted in enumerate(asked)
            ]
        )
    return rounds


def one_of_each(points: tuple[str, ...]) -> list[int]:
    """The numbers of the first points of each kind, whatever the host: for when there is no time for all."""
    first: dict[str, int] = {}
    for number, name in enumerate(points, 1):
        first.setdefault(name.partition(" on ")[0], number)
    return sorted(first.values())
