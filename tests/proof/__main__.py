"""``make proof``: tries for longer than the suite can what the suite tries briefly, and writes what was tried
and found into docs/reliability.md. Exit 1 if anything did not hold; then the document stays as it was.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.sim.campaign import campaign, quietly
from engine.sim.crash import one_of_each, story
from engine.sim.fencing import fencing_round
from engine.sim.run import Options

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- tried: written by make proof -->\n", "<!-- end -->\n"
SUITES = {
    "Spoilt inventories": ("tests/inventory/test_mutations.py", "5,000 mutations in 25 batches"),
    "Damaged journals": ("tests/store/test_damage.py tests/store/test_crash.py", "damage, failing calls, kill -9"),
    "Hostile requests to the API": (
        "tests/api/test_requests.py tests/api/test_schema.py",
        "every route with hostile text, and with requests generated from /openapi.json: no 5xx, answers as promised",
    ),
    "Load, and ten Unix users at once": (
        "tests/load",
        "20 watchers of whom one never reads, a queue that runs empty, ten users racing",
    ),
    "Hostile people, hosts and engines": (
        "tests/cli/test_fuzz.py tests/drivers/test_fuzz.py tests/console/test_garbage.py",
        "arguments of every command, answers to every parser of the drivers, garbage for every command and screen",
    ),
    "Host script killed and raced": ("tests/drivers/test_kills.py tests/drivers/test_races.py", "dash, bash, busybox"),
    "Host script against stale claims": ("tests/drivers/test_fencing.py", "each verb that changes something"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; ``wrong`` says what did not hold, "" for nothing."""

    test: str
    tried: str
    wrong: str = ""


def simulation(seeds: int) -> Line:
    """Seeds of the simulation."""
    found = campaign(range(seeds), Options(), _say)
    count = found.counts
    killed, cut, tampered = count["engines killed"], count["fault: link-cut"], count["fault: tampering"]
    tried = (
        f"{found.seeds} seeds, {found.virtual_s / 3600:.1f} simulated hours: {count['changes']} changes, "
        f"{count['moves']} moves, {count['reverts']} reverts, {count['heals']} heals; {killed} engines killed, "
        f"{cut} links cut, {count['fault: host-reboot']} reboots, {count['fault: disk-full']} full disks, "
        f"{tampered} tamperings; {sum(found.checks.values()):,} checks"
    )
    return Line("Seeded simulation", tried, found.shortest.replay if found.shortest else "")


def crash_points(stories: int, *, every: bool) -> Line:
    """Engines stopped at points of stories: every one, or one of each kind."""
    stopped = 0
    for seed in range(stories):
        quiet = story(seed)
        numbers = range(1, len(quiet.points) + 1) if every else one_of_each(quiet.points)
        for number in numbers:
            ended = story(seed, number)
            stopped += 1
            if wrong := "; ".join(ended.breaches) or ended.differs_from(quiet):
                where = f"story {seed}, point {number} ({quiet.points[number - 1]})"
                return Line("Crash at every step", f"{stopped} stops", f"{where}: {wrong}")
        _say(f"story {seed}: {len(numbers)} of {len(quiet.points)} points")
    which = "every point" if every else "one point of each kind"
    return Line("Crash at every step", f"{stories} stories, {which}: the engine stopped and replaced {stopped} times")


def fencing(rounds: int) -> Line:
    """Stale engines."""
    tried = 0
    for seed in range(rounds):
        found = fencing_round(seed)
        tried += found.tried
        if wrong := [*found.stale, *found.breaches]:
            return Line("Stale engines", f"{seed + 1} rounds", f"round {seed}: {'; '.join(wrong)}")
    return Line("Stale engines", f"{rounds} rounds, {tried} writes of stale engines, each refused by its host")


def suite(test: str) -> Line:
    """A part of the suite that is proof by itself."""
    files, what = SUITES[test]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *files.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    passed = re.search(r"(\d+) passed", done.stdout)
    wrong = "" if done.returncode == 0 else done.stdout[-400:]
    return Line(test, f"{what}: {passed[1] if passed else 0} tests", wrong)


def main(arguments: list[str] | None = None) -> int:
    """Try everything; say what was tried, and write it down if all of it held."""
    parser = argparse.ArgumentParser(prog="make proof", description="Try for longer what the suite tries briefly.")
    parser.add_argument("--seeds", type=int, default=300, help="of the simulation [300]")
    parser.add_argument("--stories", type=int, default=20, help="whose every point is crashed at [20]")
    parser.add_argument("--rounds", type=int, default=100, help="of a stale engine against its successor [100]")
    parser.add_argument("--cut", action="store_true", help="one point of each kind, not every one")
    parser.add_argument("--no-suite", action="store_true", help="leave out what `make test` runs too")
    chosen = parser.parse_args(arguments)
    parts: list[Callable[[], Line]] = [
        lambda: simulation(chosen.seeds),
        lambda: crash_points(chosen.stories, every=not chosen.cut),
        lambda: fencing(chosen.rounds),
    ]
    if not chosen.no_suite:
        parts += [lambda test=test: suite(test) for test in SUITES]  # type: ignore[misc]
    lines: list[Line] = []
    with quietly():
        for part in parts:
            lines.append(part())
            print(f"{lines[-1].test}: {lines[-1].tried}" + (f"\n  WRONG: {lines[-1].wrong}" if lines[-1].wrong else ""))
    if any(line.wrong for line in lines):
        return 1
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8"), lines), encoding="utf-8")
    return 0


def written(text: str, lines: list[Line]) -> str:
    """The document with a new table of what was tried."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = "".join(f"| {line.test} | {line.tried} |\n" for line in lines)
    return f"{before}{BEGIN}| test | tried in the last run; everything held |\n|---|---|\n{rows}{END}{after}"


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
