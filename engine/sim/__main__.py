"""``python -m engine.sim``: run seeds; the first one that fails prints how to run it again."""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter

import structlog

from engine.sim.run import Options, Report, simulate


def main(arguments: list[str] | None = None) -> int:
    """0 if everything held for every seed, 1 at the first that failed."""
    parser = argparse.ArgumentParser(prog="engine.sim", description="The engine on a simulated fleet.")
    parser.add_argument("--seeds", type=int, default=20, help="run this many, from --from on")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--seed", type=int, help="run only this one, and print its trace")
    parser.add_argument("--services", type=int, default=0)
    parser.add_argument("--hosts", type=int, default=0)
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    options = Options(chosen.services, chosen.hosts)
    if chosen.seed is not None:
        report = simulate(chosen.seed, options)
        print("\n".join(report.tail))
        return _tell(report)
    checks: Counter[str] = Counter()
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        report = simulate(seed, options)
        checks.update(report.checks)
        if _tell(report):
            return 1
    for name, count in sorted(checks.items()):
        print(f"{count:9}  {name}")
    return 0


def _tell(report: Report) -> int:
    state = "FAILED" if report.breaches else "ok"
    print(
        f"seed {report.seed}: {state}, {report.virtual_s:.0f} s in {report.real_s:.1f} s, {report.requests} requests, "
        f"{report.steps} steps, {report.events} events, {report.lives} engines, trace {report.trace[:16]}"
    )
    for breach in report.breaches:
        print(f"  {breach}")
    if report.breaches:
        print(f"  again: {report.replay}")
    return 1 if report.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
