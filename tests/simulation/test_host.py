"""A simulated host, asked and understood through the real drivers, keeps host.sh's promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import TypeVar

import pytest

from engine import drivers
from engine.drivers import ConfirmResult, StepResult, SwitchAnswer
from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.observation import Claim, Health, Unit
from engine.model.release import Artifact
from engine.model.remote import Command, Reply
from engine.model.service import Configuration, DriverName, HealthCheck
from engine.sim.behaviour import Behaviour
from engine.sim.host import SimHost
from engine.sim.loop import VirtualLoop
from engine.sim.steps import recover
from engine.sim.verbs import answer

T = TypeVar("T")
CLAIM = Claim("store", 1, "engine")
HEALTH = HealthCheck(http="http://127.0.0.1:80/", version="http://127.0.0.1:80/version")
CONFIGURATION = Configuration(DriverName.SYSTEMD, "/opt/interlock", "bin/run", health=HEALTH)
ARTIFACT = Artifact("ledger", "2.0", "/ledger-2.0.tar.gz", "ab" * 32, 1000, "tar.gz")


class Silent:
    """A witness that only counts launches."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def launched(self, host: str, service: str, step: str) -> None:
        self.steps.append(step)

    def changed(self, host: str, service: str) -> None:
        pass

    def rebuilt(self, host: str) -> None:
        pass

    def breach(self, sentence: str) -> None:
        raise AssertionError(sentence)

    def note(self, text: str) -> None:
        pass


class Bench:
    """One host with ledger 1.0 running, claimed; ``fate`` is what ledger 2.0 will be."""

    def __init__(self, fate: Behaviour = Behaviour.HEALTHY) -> None:
        self.witness = Silent()
        self.host = SimHost(
            "h1", Random(1), lambda _, version: fate if version == "2.0" else Behaviour.HEALTHY, self.witness
        )
        self.host.install("ledger", "1.0", "systemd")
        self.placement = PlacementId("ledger", "prod", "h1")
        machine = Host("h1", "10.0.0.1", "prod", "zone")
        self.spec = drivers.expand(CONFIGURATION, self.placement, machine, "2.0", "acme")

    async def ask(self, command: Command) -> Reply:
        return await answer(self.host, command)

    async def claim(self, claim: Claim = CLAIM, *, take_over: bool = False) -> bool:
        command = drivers.claim("acme", ["/opt/interlock"], claim, take_over)
        return drivers.parse_claim(await self.ask(command)).accepted

    async def upload(self) -> str:
        return drivers.parse_upload(await self.ask(drivers.upload(self.spec, CLAIM, ARTIFACT))).state

    async def stage(self, artifact: Artifact | None = ARTIFACT, *, anew: bool = False) -> str:
        return drivers.parse_stage(await self.ask(drivers.stage(self.spec, CLAIM, artifact, anew=anew))).state

    async def altered(self) -> str:
        (verdict,) = drivers.parse_verify(await self.ask(drivers.verify("acme", [self.spec])), [self.spec])
        return verdict.altered

    async def switch(self, step: str = "s1", claim: Claim = CLAIM) -> SwitchAnswer:
        return drivers.parse_switch(await self.ask(drivers.switch(self.spec, claim, step, 2.0, 10.0, 5.0)))

    async def confirm(self, step: str = "s1") -> ConfirmResult:
        return drivers.parse_confirm(await self.ask(drivers.confirm(self.spec, CLAIM, step))).result

    async def look(self) -> tuple[str | None, Unit, Health]:
        reply = await self.ask(drivers.observe("acme", [self.spec]))
        (seen,) = drivers.parse_observe("h1", reply, [self.spec]).sightings
        return seen.version, seen.unit, seen.health

    async def ready(self) -> Bench:
        assert await self.claim()
        assert await self.upload() == "stored"
        return self


def run(story: Callable[[], Awaitable[T]]) -> T:
    async def call() -> T:
        return await story()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(Random(0))) as runner:
        return runner.run(call())


def test_it_stages_once_and_switches_for_good_when_confirmed() -> None:
    async def story() -> None:
        bench = Bench()
        assert await bench.claim()
        assert await bench.stage() == "need"
        assert await bench.upload() == "stored"
        assert await bench.stage() == "have"
        assert (await bench.switch()).result is StepResult.HEALTHY
        assert await bench.confirm() is ConfirmResult.CONFIRMED
        assert await bench.confirm() is ConfirmResult.CONFIRMED
        await asyncio.sleep(60)
        assert await bench.look() == ("2.0", Unit.RUNNING, Health.PASSING)
        again = await bench.switch()
        assert (again.result, again.confirmed) == (StepResult.HEALTHY, True)
        assert bench.witness.steps == ["s1"]

    run(story)


def test_what_was_edited_in_place_is_told_and_replaced_while_it_runs() -> None:
    async def story() -> None:
        bench = await Bench().ready()
        await bench.switch()
        await bench.confirm()
        placed = bench.host.place("ledger")
        placed.altered.add("2.0")
        assert (await bench.altered(), await bench.stage()) == ("bin/run", "have")
        assert await bench.stage(anew=True) in ("have", "need")
        assert await bench.upload() == "stored"
        assert (await bench.altered(), placed.current) == ("", "2.0")
        placed.releases["2.0"] = "f" * 64
        assert await bench.stage() == "refused"

    run(story)


@pytest.mark.parametrize("fate", [Behaviour.NEVER, Behaviour.FLAPPING, Behaviour.CRASHING, Behaviour.LYING])
def test_a_version_that_is_not_healthy_is_put_back(fate: Behaviour) -> None:
    async def story() -> None:
        bench = await Bench(fate).ready()
        ended = await bench.switch()
        assert ended.result is StepResult.REVERTED
        assert "1.0 was put back" in ended.detail
        await asyncio.sleep(1)
        assert await bench.look() == ("1.0", Unit.RUNNING, Health.PASSING)
        assert await bench.confirm() is ConfirmResult.FIRED

    run(story)


def test_without_a_confirmation_it_is_put_back() -> None:
    async def story() -> None:
        bench = await Bench().ready()
        assert (await bench.switch()).result is StepResult.HEALTHY
        await asyncio.sleep(6)
        assert await bench.confirm() is ConfirmResult.FIRED
        assert (await bench.switch()).result is StepResult.UNCONFIRMED
        await asyncio.sleep(1)
        assert (await bench.look())[0] == "1.0"

    run(story)


def test_a_caller_that_comes_back_attaches_to_the_same_step() -> None:
    async def story() -> None:
        bench = await Bench().ready()
        first = asyncio.create_task(bench.switch())
        await asyncio.sleep(1)
        first.cancel()
        assert (await bench.switch()).result is StepResult.HEALTHY
        assert bench.witness.steps == ["s1"]

    run(story)


def test_one_step_of_a_service_at_a_time() -> None:
    async def story() -> None:
        bench = await Bench(Behaviour.NEVER).ready()
        first = asyncio.create_task(bench.switch("s1"))
        await asyncio.sleep(1)
        assert (await bench.switch("s2")).result is StepResult.BUSY
        assert (await first).result is StepResult.REVERTED

    run(story)


def test_only_the_holder_of_the_claim_is_obeyed() -> None:
    async def story() -> None:
        bench = Bench()
        assert (await bench.switch()).result is StepResult.FENCED
        await bench.ready()
        assert await bench.claim(replace(CLAIM, epoch=2, engine="newer"))
        assert not await bench.claim()
        fenced = await bench.switch()
        assert (fenced.result, fenced.holder) == (StepResult.FENCED, Claim("store", 2, "newer"))
        stranger = Claim("another", 9, "engine")
        assert not await bench.claim(stranger)
        assert await bench.claim(stranger, take_over=True)
        assert bench.witness.steps == []

    run(story)


def test_a_reboot_reverses_what_was_not_confirmed() -> None:
    async def story() -> None:
        bench = await Bench().ready()
        assert (await bench.switch()).result is StepResult.HEALTHY
        bench.host.crash()
        bench.host.boot(lambda placed: recover(bench.host, placed, restart=False))
        await asyncio.sleep(1)
        assert await bench.look() == ("1.0", Unit.RUNNING, Health.PASSING)
        assert (await bench.switch()).result is StepResult.REBOOTED

    run(story)


def test_a_killed_job_is_put_back_by_whoever_looks() -> None:
    async def story() -> None:
        bench = await Bench().ready()
        switching = asyncio.create_task(bench.switch())
        await asyncio.sleep(2)
        bench.host.kill_job("ledger")
        assert (await switching).result is StepResult.LOST
        await asyncio.sleep(1)
        assert await bench.look() == ("1.0", Unit.RUNNING, Health.PASSING)

    run(story)


def test_a_first_installation_can_be_withdrawn() -> None:
    async def story() -> None:
        bench = await Bench().ready()
        assert (await bench.switch()).result is StepResult.HEALTHY
        await bench.confirm()
        await asyncio.sleep(1)
        reply = await bench.ask(drivers.withdraw(bench.spec, CLAIM, "s2"))
        assert drivers.parse_withdraw(reply).result is StepResult.WITHDRAWN
        assert await bench.look() == (None, Unit.ABSENT, Health.UNKNOWN)

    run(story)


def test_a_full_disk_refuses_and_changes_nothing() -> None:
    async def story() -> None:
        bench = Bench()
        await bench.claim()
        bench.host.is_full = True
        assert await bench.stage() == "refused"
        assert await bench.upload() == "refused"
        assert await bench.stage(None) == "refused"
        assert (await bench.switch()).result is StepResult.UNSTAGED
        assert await bench.look() == ("1.0", Unit.RUNNING, Health.PASSING)

    run(story)
