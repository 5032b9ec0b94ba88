"""``make proof``: tries for longer than the suite can what the suite tries briefly, and writes what was tried
and found into docs/reliability.md. Exit 1 if anything did not hold; then the document stays as it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.proof import parts
from tests.proof.parts import Line
from tests.proof.record import FOUND, LEFT

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- tried: written by make proof -->\n", "<!-- end -->\n"
SUITES = {
    "Spoilt inventories": ("5,000 mutations in 25 batches", "tests/inventory/test_mutations.py"),
    "Damaged journals": ("damage, failing calls, kill -9", "tests/store/test_damage.py tests/store/test_crash.py"),
    "Hostile requests to the API": (
        "every route with hostile text, and with requests generated from /openapi.json: no 5xx, answers as promised",
        "tests/api/test_requests.py tests/api/test_schema.py",
    ),
    "Load, and ten Unix users at once": (
        "20 watchers of whom one never reads, a queue that runs empty, ten users racing",
        "tests/load",
    ),
    "Hostile people, hosts and engines": (
        "arguments of every command, answers to every parser of the drivers, garbage for every command and screen",
        "tests/cli/test_fuzz.py tests/drivers/test_fuzz.py tests/console/test_garbage.py",
    ),
    "Host script killed and raced": ("dash, bash, busybox", "tests/drivers/test_kills.py tests/drivers/test_races.py"),
    "Host script against stale claims": ("each verb that changes something", "tests/drivers/test_fencing.py"),
}
IN_THE_SUITE = 32  # the seeds that tests/simulation runs already: these go on from there


def chosen_parts(arguments: argparse.Namespace) -> list[Callable[[], Line]]:
    """What is to be run, in order."""
    cut = arguments.cut
    seeds = arguments.seeds or (80 if cut else 600)
    begin = IN_THE_SUITE if arguments.no_suite else 0
    chosen: list[Callable[[], Line]] = [
        partial(parts.simulation, range(begin, begin + seeds), _say),
        partial(parts.crash_points, arguments.stories or (2 if cut else 20), _say, every=not cut),
        partial(parts.stale_engines, arguments.rounds or (20 if cut else 100), _say),
        partial(parts.stale_engines_on_fleet, arguments.fleet_rounds or (30 if cut else 200), _say),
        partial(parts.planted_bugs, _say, every=not cut),
    ]
    if not arguments.no_suite:
        chosen += [partial(parts.suite, test, *how, _say) for test, how in SUITES.items()]
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Try everything; say what was tried, and write it down if all of it held."""
    parser = argparse.ArgumentParser(prog="make proof", description="Try for longer what the suite tries briefly.")
    parser.add_argument("--cut", action="store_true", help="less of everything, and something of every kind")
    parser.add_argument("--no-suite", action="store_true", help="leave out what `make test` runs too")
    parser.add_argument("--no-document", action="store_true", help="leave docs/reliability.md as it is")
    parser.add_argument("--seeds", type=int, default=0, help="of the simulation [600, 80 in a cut]")
    parser.add_argument("--stories", type=int, default=0, help="whose points are crashed at [20, 2 in a cut]")
    parser.add_argument("--rounds", type=int, default=0, help="of a stale engine, simulated [100, 20 in a cut]")
    parser.add_argument("--fleet-rounds", type=int, default=0, help="the same on real servers [200, 30 in a cut]")
    chosen = parser.parse_args(arguments)
    lines: list[Line] = []
    for part in chosen_parts(chosen):
        began_s = time.monotonic()
        lines.append(part())
        wrong = f"\n  WRONG: {lines[-1].wrong}" if lines[-1].wrong else ""
        print(f"{lines[-1].test} ({time.monotonic() - began_s:.0f} s): {lines[-1].tried}{wrong}", flush=True)
    if any(line.wrong for line in lines):
        return 1
    if not chosen.no_document:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8"), lines), encoding="utf-8")
    return 0


def written(text: str, lines: list[Line]) -> str:
    """The document with a new table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    head = "| test | tried in the last run; everything held | found wrong on the way: what guards it now | left |"
    return f"{before}{BEGIN}{head}\n|---|---|---|---|\n{''.join(map(row, lines))}{END}{after}"


def row(line: Line) -> str:
    """One row of the table."""
    found = "<br>".join(f"{each.what}: `{each.guard}`" for each in FOUND.get(line.test, ()))
    return f"| {line.test} | {line.tried} | {found} | {LEFT.get(line.test, '')} |\n"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
