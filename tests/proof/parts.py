"""The parts of ``make proof``: each tries one thing and says what was tried, and what did not hold."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engine.fleet.embedded import embedded_fleet
from engine.sim.campaign import Findings, quietly
from engine.sim.crash import Ending, one_of_each, story
from engine.sim.faults import FAULTS
from engine.sim.fencing import Round, fencing_round
from engine.sim.run import Options, Report, simulate
from tests.crash.generations import Tally, generations
from tests.proof.mutants import AREAS
from tests.proof.mutants.__main__ import run as planted
from tests.proof.mutants.mutant import Mutant

ROOT = Path(__file__).parent.parent.parent
AT_ONCE = 2
NAMED_FIRST = (  # one of each area: what a cut has time for
    "consumers-are-not-asked",
    "recorded-after-the-deed",
    "healthy-time-is-not-reset",
    "two-engines-on-one-folder",
    "who-they-say-they-are",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; ``wrong`` says what did not hold, "" for nothing."""

    test: str
    tried: str
    wrong: str = ""


Say = Callable[[str], None]


def simulation(seeds: Sequence[int], say: Say) -> Line:
    """Seeds of the simulation; every kind of fault has to be among what they draw."""
    found = Findings()
    with ProcessPoolExecutor(AT_ONCE) as pool:
        for report in pool.map(_seed, seeds):
            found.take(report)
            say(f"seed {report.seed}: {'FAILED' if report.breaches else 'ok'}, {report.virtual_s:.0f} s")
            if report.breaches:
                pool.shutdown(cancel_futures=True)
                return Line("Seeded simulation", f"{found.seeds} seeds", f"{report.breaches[0]}; {report.replay}")
    count = found.counts
    faults = {name: count[f"fault: {name}"] for name in FAULTS}
    missing = [name for name, times in faults.items() if not times]
    tried = (
        f"{found.seeds} seeds, {found.virtual_s / 3600:.1f} simulated hours: {count['changes']} changes, "
        f"{count['moves']} moves, {count['reverts']} reverts, {count['heals']} heals; {sum(faults.values()):,} faults "
        f"of {len(faults)} kinds, {count['engines killed']} engines killed; {sum(found.checks.values()):,} checks"
    )
    return Line("Seeded simulation", tried, f"no seed had any {', '.join(missing)}" if missing else "")


def _seed(seed: int) -> Report:
    with quietly():
        return simulate(seed, Options())


def crash_points(stories: int, say: Say, *, every: bool) -> Line:
    """Engines stopped at points of stories: every one, or one of each kind."""
    stopped, kinds = 0, set[str]()
    with ProcessPoolExecutor(AT_ONCE) as pool:
        for seed, quiet in enumerate(pool.map(_story, [(seed, 0) for seed in range(stories)])):
            numbers = list(range(1, len(quiet.points) + 1)) if every else one_of_each(quiet.points)
            for number, ended in zip(numbers, pool.map(_story, [(seed, n) for n in numbers]), strict=True):
                stopped += 1
                point = quiet.points[number - 1]
                kinds.add(point.partition(" on ")[0])
                if wrong := "; ".join(ended.breaches) or ended.differs_from(quiet):
                    pool.shutdown(cancel_futures=True)
                    where = f"story {seed}, point {number} ({point})"
                    return Line("Crash at every step", f"{stopped} stops", f"{where}: {wrong}")
            say(f"story {seed}: {len(numbers)} of {len(quiet.points)} points")
    which = "every point" if every else "one point of each kind"
    return Line(
        "Crash at every step",
        f"{stories} stories, {which} ({len(kinds)} kinds): the engine stopped and replaced {stopped} times",
    )


def _story(which: tuple[int, int]) -> Ending:
    with quietly():
        return story(*which)


def stale_engines(rounds: int, say: Say) -> Line:
    """Stale engines on simulated hosts."""
    name, tried = "Stale engines, simulated", 0
    with ProcessPoolExecutor(AT_ONCE) as pool:
        for seed, found in enumerate(pool.map(_fencing, range(rounds))):
            tried += found.tried
            if wrong := [*found.stale, *found.breaches]:
                return Line(name, f"{seed + 1} rounds", f"round {seed}: {'; '.join(wrong)}")
    say(f"{rounds} rounds of stale engines")
    return Line(name, f"{rounds} rounds, {tried} writes of stale engines, each refused by its host")


def _fencing(seed: int) -> Round:
    with quietly():
        return fencing_round(seed)


def stale_engines_on_fleet(rounds: int, say: Say) -> Line:
    """Stale engines on real SSH servers."""
    with tempfile.TemporaryDirectory(prefix="interlock-proof-") as folder, quietly():
        found = asyncio.run(_generations(Path(folder), rounds))
    say(f"{rounds} engines, one after the other, on the embedded fleet")
    tried = (
        f"{found.rounds} rounds on real SSH servers: {found.engine_calls} calls of stale engines under way, "
        f"{found.direct_calls} more to every host, each refused"
    )
    return Line("Stale engines, embedded fleet", tried, "; ".join(found.stale))


async def _generations(folder: Path, rounds: int) -> Tally:
    async with embedded_fleet(folder / "fleet", services=1, hosts=2) as fleet:
        return await generations(fleet.inventory, folder, rounds)


def planted_bugs(say: Say, *, every: bool) -> Line:
    """Bugs planted in a copy of the tree: all of them, or one of each area."""
    wanted = [mutant for mutants in AREAS.values() for mutant in mutants if every or mutant.name in NAMED_FIRST]
    survivors: list[str] = []
    for fate in planted(wanted, AT_ONCE):
        say(fate.line())
        survivors += [] if fate.held else [fate.line()]
    return Line("Planted bugs", _counted(wanted), "; ".join(survivors))


def _counted(wanted: Sequence[Mutant]) -> str:
    by_area = {area: sum(mutant in wanted for mutant in mutants) for area, mutants in AREAS.items()}
    return f"{len(wanted)} bugs, each noticed: " + ", ".join(f"{n} in the {area}" for area, n in by_area.items())


def suite(test: str, what: str, files: str, say: Say) -> Line:
    """A part of the suite that is proof by itself."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(AT_ONCE), *files.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    passed = re.search(r"(\d+) passed", done.stdout)
    wrong = "" if done.returncode == 0 else done.stdout[-400:]
    say(f"{test}: status {done.returncode}")
    return Line(test, f"{what}: {passed[1] if passed else 0} tests", wrong)
