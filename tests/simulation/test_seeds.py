"""Seeds: whatever goes wrong, every invariant holds at every step, and once all is healed
everything comes to rest. One seed is one run: the same again, to the last event."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.sim.run import Report, simulate

SEEDS = 32


@pytest.mark.parametrize("seed", range(SEEDS))
def test_everything_holds(seed: int) -> None:
    report = simulate(seed)
    assert not report.breaches, told(report)
    assert report.checks["everything unfinished acts or waits"] > 20
    assert report.events > 10


def told(report: Report) -> str:
    """What a developer needs: the last lines of the trace, the breaches, how to run it again."""
    return "\n".join([*report.tail[-40:], *report.breaches, f"again: {report.replay}"])


def test_a_seed_is_the_same_run_again() -> None:
    one, other = simulate(5), simulate(5)
    assert one.trace == other.trace
    assert (one.events, one.steps, one.virtual_s) == (other.events, other.steps, other.virtual_s)
    assert simulate(6).trace != one.trace


def test_a_seed_is_the_same_run_whatever_the_hashes_are() -> None:
    traces = {trace_in_another_process(str(hash_seed)) for hash_seed in (1, 2)}
    assert traces == {simulate(7).trace[:16]}


def trace_in_another_process(hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "console", "simulate", "--seed", "7"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.splitlines()[0].rsplit(" ", 1)[1]
