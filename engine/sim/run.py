"""``simulate(seed)``: a world is made, goes wrong for a while, is healed, and must come to rest.
The same seed is the same run, to the microsecond.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from engine.sim.caretaker import Caretaker
from engine.sim.estate import generate
from engine.sim.faults import Faults
from engine.sim.operator import Operator
from engine.sim.process import virtual_loop
from engine.sim.rest import Rest
from engine.sim.story import Deed, Story
from engine.sim.world import World

REST_WITHIN_S = 600.0
LOOK_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a world is made and how badly it goes wrong. 0 services or hosts: a few, as the seed has
    it. ``faults``: the names of those that may happen (see engine.sim.faults), () for all, None for
    none; ``only``: the deeds that happen, None for all; times are virtual seconds."""

    services: int = 0
    hosts: int = 0
    faults: tuple[str, ...] | None = ()
    only: tuple[str, ...] | None = None
    trouble_s: float = 300.0
    fault_every_s: float = 12.0
    request_every_s: float = 10.0

    def command(self, seed: int) -> str:
        """The command that runs one seed of these again."""
        words = [f"interlock simulate --seed {seed}"]
        words += [f"--services {self.services}"] if self.services else []
        words += [f"--hosts {self.hosts}"] if self.hosts else []
        words += [f"--faults {','.join(self.faults or ('none',))}"] if self.faults != () else []
        words += [f"--only {','.join(self.only) or 'none'}"] if self.only is not None else []
        return " ".join([*words, "--trace"])


@dataclass(frozen=True, slots=True)
class Report:
    """What one seed came to. ``breaches`` is empty if everything held; ``counts`` say what happened,
    ``checks`` how often what was looked at, ``deeds`` what people and misfortune did, ``replay`` is
    the command that runs it again."""

    seed: int
    breaches: tuple[str, ...]
    trace: str
    virtual_s: float
    real_s: float
    steps: int
    events: int
    requests: int
    lives: int
    checks: Mapping[str, int]
    counts: Mapping[str, int]
    deeds: tuple[Deed, ...]
    replay: str
    tail: tuple[str, ...] = field(default=(), repr=False)


MakeWorld = Callable[[int, Options, Path], World]


def make_world(seed: int, options: Options, folder: Path) -> World:
    """A world as the seed has it; in every fourth one services are containers and scripts too."""
    all_drivers = seed % 4 == 3
    estate = generate(Random(f"{seed} estate"), options.services, options.hosts, all_drivers=all_drivers)
    return World(seed, estate, folder)


def simulate(seed: int, options: Options | None = None, make: MakeWorld = make_world) -> Report:
    """Run one seed from beginning to end, on virtual time and a journal on disk."""
    chosen = options or Options()
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="interlock-simulation-") as folder,
        asyncio.Runner(loop_factory=lambda: virtual_loop(seed)) as runner,
    ):
        return runner.run(_run(seed, chosen, Path(folder), make, began))


async def _run(seed: int, options: Options, folder: Path, make: MakeWorld, began: float) -> Report:
    world = make(seed, options, folder)
    world.story = Story(options.only)
    operators = [Operator(world, name, 2 * options.request_every_s) for name in ("ana", "bo")]
    operators.append(Caretaker(world, "kim", 4 * options.request_every_s))
    world.start_engine()
    await _trouble(world, operators, options)
    if not world.invariants.breaches:
        await _rest(world, operators)
    engine = world.engine
    report = Report(
        seed,
        tuple(world.invariants.breaches),
        world.invariants.trace,
        asyncio.get_running_loop().time(),
        time.perf_counter() - began,
        world.invariants.launches,
        engine.seq if engine else 0,
        sum(operator.granted for operator in operators),
        world.lives,
        dict(world.invariants.checks),
        dict(world.invariants.counts),
        tuple(world.story.deeds),
        options.command(seed),
        tuple(world.invariants.lines[-400:]),
    )
    world.kill_engine()
    return report


async def _trouble(world: World, operators: list[Operator], options: Options) -> None:
    """Everything goes on at once, until the time is over or something must never have been."""
    running = [asyncio.create_task(operator.run()) for operator in operators]
    if options.faults is not None:
        running.append(asyncio.create_task(Faults(world, options.fault_every_s, options.faults).run()))
    for _ in range(round(options.trouble_s)):
        await asyncio.sleep(1.0)
        if world.invariants.breaches:
            break
    for task in running:
        task.cancel()
    await asyncio.wait(running)


async def _rest(world: World, operators: list[Operator]) -> None:
    """Heal everything; then it must come to rest, for good, in good time."""
    world.heal()
    world.kill_engine()  # it may sit on a broken disk
    world.start_engine()
    loop = asyncio.get_running_loop()
    until = loop.time() + REST_WITHIN_S
    rest = Rest(world)
    quiet = 0
    while loop.time() < until and not world.invariants.breaches and quiet < 4:
        await asyncio.sleep(LOOK_EVERY_S)
        world.start_engine()
        world.start_what_is_down()
        for operator in operators:
            await operator.clear_up()
        quiet = quiet + 1 if rest.has_come() else 0
    if not world.invariants.breaches:
        rest.judge()
