"""How fast simulated time passes: an engine and a hundred hosts, each looked at every 30 s, with nothing
going wrong, and with everything that can; beside a bare loop of the same timers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from engine.model.inventory import Observe
from engine.sim.campaign import quietly
from engine.sim.estate import generate
from engine.sim.process import virtual_loop
from engine.sim.run import Options, Report, simulate
from engine.sim.world import World

TITLE = "Simulated seconds a second of CPU, 100 hosts looked at every 30 s: >= 1,000 in peace"
HOSTS, SERVICES, EVERY_S, SECONDS = 100, 100, 30.0, 3600.0


def peaceful(seed: int, options: Options, folder: Path) -> World:
    """A world whose hosts are looked at as by default."""
    made = generate(Random(f"{seed} estate"), options.services, options.hosts)
    return World(seed, replace(made, inventory=replace(made.inventory, observe=Observe(EVERY_S, 1.0))), folder)


def _bare() -> float:
    """Seconds of the same virtual time in which as many timers do nothing else."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(EVERY_S)

    async def all_of_them() -> float:
        beats = [asyncio.create_task(beat()) for _ in range(HOSTS)]
        await asyncio.sleep(SECONDS)
        for each in beats:
            each.cancel()
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=lambda: virtual_loop(1)) as runner:
        return runner.run(all_of_them())


def _simulated(options: Options) -> Callable[[], float]:
    def run() -> float:
        with quietly():
            report: Report = simulate(1, options, peaceful)
        assert not report.breaches, report.breaches
        return report.virtual_s

    return run


def measure() -> list[dict[str, object]]:
    """A row for each kind of hour."""
    made = {"services": SERVICES, "hosts": HOSTS, "trouble_s": SECONDS}
    kinds = {
        "a bare loop": _bare,
        "in peace": _simulated(Options(**made, faults=None, only=())),  # type: ignore[arg-type]  # by name
        "all faults and requests": _simulated(Options(**{**made, "trouble_s": 300.0})),  # type: ignore[arg-type]
    }
    rows: list[dict[str, object]] = []
    for name, run in kinds.items():
        began = time.process_time()
        virtual_s = run()
        took_s = time.process_time() - began
        rows.append({"hour": name, "virtual s": round(virtual_s), "CPU s": round(took_s, 2)})
        rows[-1]["times as fast"] = round(virtual_s / took_s)
    return rows
