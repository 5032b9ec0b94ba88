"""The simulation finds bugs: each of these is put in on purpose, and must be caught."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from engine.model.names import PlacementId
from engine.model.remote import Command, Reply
from engine.plan import planner
from engine.plan.budget import Budgets
from engine.plan.estate import Estate
from engine.plan.rollouts import rollout
from engine.plan.rollouts.batch import next_batch
from engine.plan.rollouts.under_way import UnderWay
from engine.sim import steps
from engine.sim.link import SimTransport
from engine.sim.run import MakeWorld, Options, make_world, simulate
from engine.sim.world import World

TRIES = 24


def breaches_of(make: MakeWorld = make_world, first: int = 0) -> str:
    """The first breach that a few seeds find from ``first`` on, "" if none."""
    for seed in range(first, first + TRIES):
        report = simulate(seed, make=make)
        if report.breaches:
            return report.breaches[0]
    return ""


class ForgetfulTransport(SimTransport):
    """Hosts that forget a step once it is confirmed, and are then asked for it once more."""

    async def run(self, host: str, command: Command) -> Reply:
        reply = await super().run(host, command)
        if command.verb == "switch":
            self.last = command
        if command.verb == "confirm" and "confirmed" in reply.stdout:
            self._hosts[host].place(command.arg("service")).steps.pop(command.arg("step"), None)
            await super().run(host, self.last)
        return reply


class ForgetfulWorld(World):
    """A world of such hosts."""

    def make_transport(self, random: Random) -> SimTransport:
        return ForgetfulTransport(self.hosts, self.links, random)


def test_a_step_that_runs_twice_is_caught() -> None:
    def make(seed: int, options: Options, folder: Path) -> World:
        return ForgetfulWorld(seed, make_world(seed, options, folder).estate, folder)

    assert "again" in breaches_of(make)


def test_a_planner_that_ignores_dependencies_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Estate, "violated", lambda *_: None)
    assert "may run" in breaches_of()


def test_a_planner_that_forgets_which_hosts_are_busy_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(under_way: UnderWay, left: list[PlacementId], _: set[str], budgets: Budgets, *, back: bool) -> object:
        return next_batch(under_way, left, set(), budgets, back=back)

    monkeypatch.setattr(rollout, "next_batch", forgetful)
    assert "moves there" in breaches_of()


def test_a_planner_that_heals_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "heals", lambda *_: ([], []))
    assert "unhealed" in breaches_of(first=12)  # no drift comes to stay in the stories before


def test_a_host_that_breaks_inside_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of paper")

    monkeypatch.setattr(steps, "_fault", broken)
    assert "out of paper" in breaches_of()
