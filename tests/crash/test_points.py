"""Stopped at every kind of point, an engine's successor comes to the same end, and no step runs twice.
`make proof` tries every point of more stories."""

from __future__ import annotations

import pytest

from engine.model.remote import Command, Reply
from engine.sim import crash
from engine.sim.crash import one_of_each, story
from engine.sim.points import PointedTransport

QUIET = {seed: story(seed, rounds=1) for seed in (0,)}
POINTS = [
    (seed, number, ended.points[number - 1]) for seed, ended in QUIET.items() for number in one_of_each(ended.points)
]


@pytest.mark.parametrize(("seed", "number", "name"), POINTS, ids=[name.replace(" ", "-") for *_, name in POINTS])
def test_an_engine_stopped_at_a_point_loses_nothing_and_repeats_nothing(seed: int, number: int, name: str) -> None:
    ended = story(seed, number, rounds=1)
    assert ended.lives == 2, f"nothing was stopped {name}"
    assert ended.breaches == ()
    assert ended.differs_from(QUIET[seed]) == ""


def test_there_are_points_around_everything_that_leaves_the_engine() -> None:
    kinds = {name.partition(" on ")[0] for name in QUIET[0].points}
    verbs = ("observe", "claim", "stage", "upload", "switch")
    assert {f"{when} {verb}" for verb in verbs for when in ("before", "after")} <= kinds
    assert any("MoveIntended" in kind for kind in kinds)
    assert any("MoveEnded" in kind for kind in kinds)
    assert sum(kind.startswith("before") for kind in kinds) == sum(kind.startswith("after") for kind in kinds)


def test_a_step_that_is_repeated_after_a_crash_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Repeating(PointedTransport):
        """Forgets on the host, before each question, what it has been asked before."""

        async def run(self, host: str, command: Command) -> Reply:
            if command.verb == "switch":
                self._hosts[host].place(command.arg("service")).steps.pop(command.arg("step"), None)
            return await super().run(host, command)

    monkeypatch.setattr(crash, "PointedTransport", Repeating)
    number = next(at for at, name in enumerate(QUIET[0].points, 1) if name.startswith("after switch"))
    assert any("again" in breach for breach in story(0, number, rounds=1).breaches)
