"""Links cut and hosts without power in each step of a rollout: before the switch, during it and
after it. Each service is alone on its host, and all cases run at once under one engine.

What runs is seen from outside all the while, past the network that was cut.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from engine.model.change import Change, Status
from engine.model.names import PlacementId
from engine.plan.estate import Estate as Planned
from tests.lab.estate import Estate
from tests.lab.machines import Machine
from tests.lab.together import Played, side_by_side
from tests.lab.ways import WatchedTransport
from tests.lab.witness import Ledger, processes, running, sampling
from tests.runtime.running import Running, running_engine

PORT = 8720
ROLLOUT = "min_healthy_time: 1s, healthy_deadline: 20s, progress_deadline: 120s, confirm_timeout: 5s"
LARGE = os.urandom(24_000_000)


@dataclass(frozen=True)
class Case:
    """A trouble, and when: just before the call ``verb`` is sent, and then once ``moment`` has come.
    ``lasts_s`` is how long the link stays cut or the host without power, or until ``over``.
    ``steps`` is how many steps the host may have switched for."""

    name: str
    verb: str
    moment: Callable[[str], Awaitable[None]]
    steps: int
    lasts_s: float = 1.0
    over: Callable[[str], Awaitable[None]] | None = None
    large: bool = False


async def at_once(_: str) -> None:
    """Before the call is sent."""


async def soon(_: str) -> None:
    """While the call is under way."""
    await asyncio.sleep(0.15)


async def runs_new(service: str) -> None:
    """The new version runs."""
    await _seen(service, {"2.0"})


async def runs_old(service: str) -> None:
    """The former version runs again."""
    await _seen(service, {"1.0"})


async def _seen(service: str, versions: set[str]) -> None:
    async with asyncio.timeout(40):
        while await asyncio.to_thread(running, service) != versions:
            await asyncio.sleep(0.05)


CUTS = [
    Case("cut-stage", "stage", at_once, steps=1),
    Case("cut-upload", "upload", soon, steps=1, large=True),
    Case("cut-switch", "switch", at_once, steps=1),
    Case("cut-blink", "switch", runs_new, steps=1),  # healed in time for the confirmation
    Case("cut-long", "switch", runs_new, steps=2, over=runs_old),  # the dead man's switch, then again
    Case("cut-confirm", "confirm", at_once, steps=1),
]
CRASHES = [
    Case("dead-stage", "stage", at_once, steps=1),
    Case("dead-upload", "upload", soon, steps=1, large=True),
    Case("dead-switch", "switch", soon, steps=2),
    Case("dead-judge", "switch", runs_new, steps=2),
    Case("dead-confirm", "confirm", at_once, steps=2),
]


class Bench:
    """The cases, dealt out to hosts, under an engine."""

    def __init__(self, estate: Estate, cases: list[Case]) -> None:
        self.estate = estate
        self.hosts = {case.name: machine.name for case, machine in zip(cases, estate.machines, strict=True)}
        self.cases = cases
        for case in cases:
            estate.artifact(case.name, "1.0")
            estate.artifact(case.name, "2.0", padding=LARGE if case.large else b"")
        self.inventory = estate.inventory(
            "".join(
                estate.service(name, [host], PORT + number, rollout=ROLLOUT)
                for number, (name, host) in enumerate(self.hosts.items())
            )
        )
        self.ways: list[WatchedTransport] = []

    def watched(self, *arguments: object) -> WatchedTransport:
        """The engine's transport."""
        self.ways.append(WatchedTransport(*arguments))  # type: ignore[arg-type]
        return self.ways[0]

    def arm(self, case: Case, strike: Callable[[Machine], None], mend: Callable[[Machine], None]) -> asyncio.Event:
        """Have the trouble come when its call does; the event is set when it is over."""
        host = self.hosts[case.name]
        machine = self.estate.machine(host)
        over = asyncio.Event()

        async def trouble() -> None:
            await case.moment(case.name)
            await asyncio.to_thread(strike, machine)
            await (case.over(case.name) if case.over else asyncio.sleep(case.lasts_s))
            await asyncio.to_thread(mend, machine)
            over.set()

        async def deed() -> None:
            tasks.append(asyncio.create_task(trouble()))
            if case.moment is at_once:
                await asyncio.sleep(0.1)

        tasks: list[asyncio.Task[None]] = []
        self.ways[0].deeds[host, case.verb] = deed
        return over


async def _undergo(
    bench: Bench, engine: Running, strike: Callable[[Machine], None], mend: Callable[[Machine], None]
) -> dict[str, Change]:
    """Install 1.0, deploy 2.0 of everything at once with its trouble, and wait for the end."""
    first = await engine.done(await engine.deploy(**{case.name: "1.0" for case in bench.cases}), timeout_s=60)
    assert first.status is Status.SUCCEEDED, [item.failure for item in first.items]
    ends = [bench.arm(case, strike, mend) for case in bench.cases]
    changes = {case.name: await engine.deploy(**{case.name: "2.0"}) for case in bench.cases}
    done = {name: await engine.done(change, timeout_s=90) for name, change in changes.items()}
    async with asyncio.timeout(30):
        await asyncio.gather(*(end.wait() for end in ends))
    return done


async def _is_told_truly(bench: Bench, engine: Running) -> None:
    """One look: no service runs in two versions, nor in one of which the engine says it cannot."""
    before = _may_run(bench, engine)
    seen = await asyncio.to_thread(processes)
    after = _may_run(bench, engine)
    versions: dict[str, set[str]] = {}
    for each in seen:
        if each.service in bench.hosts:
            versions.setdefault(each.service, set()).add(each.version)
    for service, these in versions.items():
        assert len(these) == 1, f"{service} runs as {these} at once"
        if before[service] | after[service]:
            assert these <= before[service] | after[service], f"{service} runs as {these}, and the engine: {before}"


def _may_run(bench: Bench, engine: Running) -> dict[str, set[str]]:
    planned = Planned(engine.engine.snapshot)
    return {name: planned.may_run_at(PlacementId(name, "prod", host)) for name, host in bench.hosts.items()}


def _judge(bench: Bench, done: dict[str, Change], crashes: int) -> None:
    for case in bench.cases:
        ledger = Ledger(bench.estate, bench.hosts[case.name], case.name)
        names = [name for name, _ in ledger.steps()]
        told = f"{case.name}: {ledger.steps()}, starts {ledger.starts()}; {done[case.name].items}"
        assert done[case.name].status is Status.SUCCEEDED, told
        assert len(set(names)) == len(names), told
        assert Counter(goal for _, goal in ledger.steps())["2.0"] <= case.steps, told
        assert ledger.starts()["2.0"] <= Counter(goal for _, goal in ledger.steps())["2.0"] + crashes, told
        assert running(case.name) == {"2.0"}, told


async def links_are_cut_in_each_step(estate: Estate) -> None:
    await survived(Bench(estate, CUTS), estate.lab.cut, estate.lab.heal, crashes=0)


async def hosts_lose_power_in_each_step(estate: Estate) -> None:
    await survived(Bench(estate, CRASHES), estate.lab.crash, estate.lab.boot, crashes=1)


async def survived(
    bench: Bench, strike: Callable[[Machine], None], mend: Callable[[Machine], None], crashes: int
) -> None:
    async with (
        running_engine(bench.inventory, bench.estate.folder / "state", ways=bench.watched) as engine,
        sampling(lambda: _is_told_truly(bench, engine)) as samples,
    ):
        done = await _undergo(bench, engine, strike, mend)
        _judge(bench, done, crashes)
        for case in bench.cases:
            await engine.until(lambda name=case.name: engine.state(f"{name}@prod") == "converged", 20)  # type: ignore[misc]
    assert len(samples) > 20


SCENES = side_by_side((links_are_cut_in_each_step, len(CUTS)), (hosts_lose_power_in_each_step, len(CRASHES)))


@pytest.mark.parametrize("scene", SCENES)
def test_every_step_is_interrupted(played: Played, scene: str) -> None:
    played.tell(scene)
