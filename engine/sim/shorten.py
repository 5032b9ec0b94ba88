"""The shortest story that still goes wrong, for whoever has to understand it: delta debugging (Zeller and
Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002) over the deeds of a failing run.
Halves are left out first, single deeds at last, until none can be spared or the tries are used up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.sim.run import MakeWorld, Options, Report, make_world, simulate

TRIES = 120


def shorten(
    failed: Report,
    options: Options,
    told: Callable[[int, int], None] = lambda tries, deeds: None,
    make: MakeWorld = make_world,
    tries: int = TRIES,
) -> Report:
    """The report of the shortest story found; ``failed`` itself if nothing can be left out.
    ``told`` hears after each try how many there were, and how many deeds are left."""
    best, parts, used = failed, 2, 0
    while used < tries:
        deeds = tuple(deed.name for deed in best.deeds)
        size = max(1, -(-len(deeds) // parts))
        shorter = None
        for start in range(0, len(deeds), size):
            if used >= tries:
                break
            used += 1
            report = simulate(best.seed, replace(options, only=deeds[:start] + deeds[start + size :]), make)
            told(used, len(report.deeds) if report.breaches else len(deeds))
            if report.breaches and len(report.deeds) < len(deeds):
                shorter = report
                break
        if shorter is not None:
            best, parts = shorter, max(2, parts - 1)
        elif size == 1:
            break
        else:
            parts *= 2
    return best
