"""``make mutants``: plants one bug after the other in copies of the tree, runs the tests that have to notice, and
prints which did. Exit 1 if one survives, or if the tests that noticed it fail without it too.

    make mutants                      all of them, two at a time
    make mutants ARGS="-n 1 fence"    one at a time, those whose name or file has "fence" in it
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.proof.mutants import AREAS
from tests.proof.mutants.mutant import Mutant

ROOT = Path(__file__).parent.parent.parent.parent
COPIED = ("engine", "console", "tests", "inventories", "docs", "pyproject.toml", "Makefile", "README.md")
LIMIT_S = 300
FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one mutant. ``caught_by``: the test that noticed, "" if none did; ``wrong``: why it
    proves nothing, "" if it does."""

    mutant: Mutant
    caught_by: str
    seconds: float
    wrong: str = ""

    @property
    def held(self) -> bool:
        """Whether a test noticed, and would not have failed anyway."""
        return bool(self.caught_by) and not self.wrong

    def line(self) -> str:
        """For the table."""
        verdict = f"caught    {self.caught_by.rpartition('/')[2]}" if self.held else f"SURVIVED  {self.wrong}"
        return f"{self.mutant.name:38} {self.seconds:5.0f} s  {verdict}"


@contextmanager
def copies(count: int) -> Iterator[Queue[Path]]:
    """So many copies of the tree, as it lies here, to plant bugs in."""
    free: Queue[Path] = Queue()
    with tempfile.TemporaryDirectory(prefix="interlock-mutants-") as folder:
        for number in range(count):
            copy = Path(folder) / str(number)
            for name in COPIED:
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, copy / name, ignore=ignored)
                elif (ROOT / name).is_file():
                    shutil.copy2(ROOT / name, copy / name)
            free.put(copy)
        yield free


def fate(mutant: Mutant, free: Queue[Path]) -> Fate:
    """Plant it in a free copy, and see which test notices."""
    copy, began_s = free.get(), time.monotonic()
    try:
        if fault := mutant.fault(copy):
            return Fate(mutant, "", 0.0, fault)
        before = mutant.plant(copy)
        status, said = _pytest(copy, shlex.split(mutant.tests))
        mutant.weed(copy, before)
        return _judged(mutant, copy, status, said, time.monotonic() - began_s)
    finally:
        free.put(copy)


def _judged(mutant: Mutant, copy: Path, status: int, said: str, seconds: float) -> Fate:
    if status == 0:
        return Fate(mutant, "", seconds, f"by {mutant.tests}")
    if status == -1:
        return Fate(mutant, "", seconds, f"nothing is known: its tests took more than {LIMIT_S} s")
    found = FAILED.search(said)
    if status != 1 or found is None:
        return Fate(mutant, "", seconds, f"pytest ended with status {status}: {said[-300:]}")
    test = found[1]
    without, again = _pytest(copy, [test])
    wrong = "" if without == 0 else f"{test} fails without the bug as well: {again[-300:]}"
    return Fate(mutant, test, seconds, wrong)


def _pytest(copy: Path, arguments: list[str]) -> tuple[int, str]:
    """Run tests of a copy, which imports nothing but itself; -1: they did not end."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-rfE", "-p", "no:cacheprovider", *arguments]
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, ""
    return done.returncode, done.stdout


def run(wanted: list[Mutant], at_once: int) -> Iterator[Fate]:
    """The fate of each, in their order."""
    with copies(at_once) as free, ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(lambda mutant: fate(mutant, free), wanted)


def main(arguments: list[str] | None = None) -> int:
    """Run those that are named, all of them if none is."""
    parser = argparse.ArgumentParser(prog="make mutants", description="Which tests notice a bug that is planted?")
    parser.add_argument("-n", type=int, default=2, help="at a time [2]")
    parser.add_argument("part", nargs="*", help="only those with this in their name or file")
    chosen = parser.parse_args(arguments)
    fates: list[Fate] = []
    for area, mutants in AREAS.items():
        wanted = [m for m in mutants if not chosen.part or any(part in m.name + m.file for part in chosen.part)]
        print(f"-- {area}" if wanted else "", flush=True)
        for each in run(wanted, chosen.n) if wanted else ():
            fates.append(each)
            print(each.line(), flush=True)
    caught = sum(each.held for each in fates)
    print(f"{caught} of {len(fates)} caught")
    return 0 if caught == len(fates) else 1


if __name__ == "__main__":
    sys.exit(main())
