"""Many seeds, one after the other: what was tried, what was checked, and the first story that fails."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from engine.errors import UsageError
from engine.model.text import did_you_mean, near
from engine.sim.faults import FAULTS
from engine.sim.run import MakeWorld, Options, Report, make_world, simulate
from engine.sim.shorten import TRIES, shorten

NONE = "none"


@dataclass(slots=True)
class Findings:
    """What came of some seeds. ``failed`` is the report of the first one that fails, ``shortest``
    that of the shortest story in it; both None if everything held. Times in seconds."""

    seeds: int = 0
    virtual_s: float = 0.0
    real_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    last: Report | None = None
    failed: Report | None = None
    shortest: Report | None = None

    def take(self, report: Report) -> None:
        """Add one seed's."""
        self.seeds += 1
        self.last = report
        self.virtual_s += report.virtual_s
        self.real_s += report.real_s
        self.counts.update(report.counts)
        self.checks.update(report.checks)

    def as_data(self) -> dict[str, Any]:
        """The same in the words of JSON; ``deeds`` and ``trace`` are those of the last seed."""
        failed = None
        if self.failed and self.shortest:
            failed = {
                "seed": self.failed.seed,
                "breaches": list(self.shortest.breaches),
                "of": len(self.failed.deeds),
                "deeds": [str(deed) for deed in self.shortest.deeds],
                "replay": self.shortest.replay,
            }
        return {
            "seeds": self.seeds,
            "virtual_s": self.virtual_s,
            "real_s": self.real_s,
            "counts": dict(self.counts),
            "checks": dict(self.checks),
            "failed": failed,
            "deeds": [str(deed) for deed in self.last.deeds] if self.last else [],
            "trace": list(self.last.tail) if self.last else [],
        }


def campaign(
    seeds: Iterable[int],
    options: Options,
    told: Callable[[str], None] = lambda line: None,
    make: MakeWorld = make_world,
    tries: int = TRIES,
) -> Findings:
    """Run seeds until one fails, and shorten its story in at most ``tries`` runs. ``told`` hears a
    line for each seed and each shorter story."""
    findings = Findings()
    for seed in seeds:
        report = simulate(seed, options, make)
        findings.take(report)
        told(summary(report))
        if report.breaches:
            findings.failed = findings.shortest = report
            if tries and len(report.deeds) > 1:
                told(f"shortening the story of seed {seed}, {len(report.deeds)} deeds")
                hear = _every(10, lambda used, deeds: told(f"  {used} tries, {deeds} deeds left"))
                findings.shortest = shorten(report, options, hear, make, tries)
            break
    return findings


def summary(report: Report) -> str:
    """One line for one seed."""
    state = "FAILED" if report.breaches else "ok"
    return (
        f"seed {report.seed}: {state}, {report.virtual_s:.0f} s in {report.real_s:.1f} s, {report.requests} requests, "
        f"{report.steps} steps, {report.events} events, {report.lives} engines, trace {report.trace[:16]}"
    )


def faults_named(text: str) -> tuple[str, ...] | None:
    """``link-cut,disk-full`` as names of faults: () for "" (all of them), None for "none". Raises
    UsageError for a name that there is not."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if names == (NONE,):
        return None
    for name in names:
        if name not in FAULTS:
            hint = did_you_mean(near(name, FAULTS))
            raise UsageError(f"There is no fault {name!r}{hint}; there are: {', '.join(FAULTS)}, or {NONE}.")
    return names


@contextmanager
def quietly() -> Iterator[None]:
    """The engine's log lines are left out: hundreds of simulated engines would fill the screen."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


def _every(times: int, hear: Callable[[int, int], None]) -> Callable[[int, int], None]:
    def heard(used: int, deeds: int) -> None:
        if used % times == 0:
            hear(used, deeds)

    return heard
