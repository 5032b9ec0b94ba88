"""``interlock simulate``: the simulation for everybody, and the command that replays what fails."""

from __future__ import annotations

import shlex

import pytest

from engine.plan.estate import Estate
from tests.cli.conftest import Interlock

TRIES = "12"


def test_what_happened_and_what_was_checked(interlock: Interlock) -> None:
    ran = interlock("simulate", "--seeds", "2", "--services", "3", "--hosts", "3")
    assert ran.code == 0
    assert ran.out.startswith("2 seeds: ")
    assert "steps run once" in ran.out
    assert ran.out.endswith("Everything held.\n")
    assert [line.split(":")[0] for line in ran.err.splitlines()] == ["seed 0", "seed 1"]
    assert "events" in ran.err


def test_as_json(interlock: Interlock) -> None:
    ran = interlock("simulate", "--seed", "4", "--faults", "link-cut,engine-killed", "-o", "json")
    assert (ran.code, ran.data["seeds"], ran.data["failed"]) == (0, 1, None)
    assert ran.data["counts"]["changes"] > 0
    assert {name for name in ran.data["counts"] if name.startswith("fault")} <= {
        "fault: link-cut",
        "fault: engine-killed",
    }


def test_a_failing_seed_prints_the_command_that_replays_it(
    interlock: Interlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Estate, "violated", lambda *_: None)
    ran = interlock("simulate", "--seeds", TRIES, "--tries", "60")
    assert ran.code == 1
    assert "What did not hold" in ran.out
    assert "The shortest story found" in ran.out
    command = ran.err.splitlines()[-1].partition("Run it again: ")[2]
    assert command.startswith("interlock simulate --seed ")
    again = interlock(*shlex.split(command)[1:])
    assert again.code == 1
    breach = next(line for line in ran.out.splitlines() if "may run" in line and line.startswith("  at "))
    assert breach in again.out
    assert "BREACH" in again.out  # the trace, which leads there


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--faults", "earthquake"), "There is no fault 'earthquake'"),
        (("--seed", "1", "--seeds", "2"), "give one of them"),
        (("--trace",), "name its seed"),
        (("--seeds", "0"), "--seeds"),
    ],
)
def test_what_makes_no_sense(interlock: Interlock, options: tuple[str, ...], said: str) -> None:
    ran = interlock("simulate", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
