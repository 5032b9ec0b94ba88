"""A simulated host with one service, asked and understood through the real drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import TypeVar

from engine import drivers
from engine.drivers import ConfirmResult, SwitchAnswer
from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.observation import Claim, Health, Unit
from engine.model.release import Artifact, marker
from engine.model.remote import Command, Reply
from engine.model.running import Container, Script
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
HOW = {
    DriverName.CONTAINER: {"container": Container("ledger:{version}")},
    DriverName.SCRIPT: {"command": "", "script": Script(("bin/apply",), ("bin/observe",))},
}
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

    def __init__(self, fate: Behaviour = Behaviour.HEALTHY, driver: DriverName = DriverName.SYSTEMD) -> None:
        self.witness = Silent()
        self.host = SimHost(
            "h1", Random(1), lambda _, version: fate if version == "2.0" else Behaviour.HEALTHY, self.witness
        )
        self.host.runs_docker = True
        self.host.install("ledger", "1.0", driver.value)
        self.placement = PlacementId("ledger", "prod", "h1")
        machine = Host("h1", "10.0.0.1", "prod", "zone")
        how = replace(CONFIGURATION, driver=driver, **HOW.get(driver, {}))  # type: ignore[arg-type]
        self.artifact = marker("ledger", "2.0", "ledger:{version}") if driver is DriverName.CONTAINER else ARTIFACT
        self.spec = drivers.expand(how, self.placement, machine, "2.0", "acme")

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
        if self.artifact.is_marker:
            assert await self.stage(self.artifact) == "have"
        else:
            assert await self.upload() == "stored"
        return self

    def reboot(self) -> None:
        self.host.crash()
        self.host.boot(lambda placed: recover(self.host, placed, restart=False))


def run(story: Callable[[], Awaitable[T]]) -> T:
    async def call() -> T:
        return await story()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(Random(0))) as runner:
        return runner.run(call())
