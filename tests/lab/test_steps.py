"""One service on one real host, step by step, with the real host script and the real transport:
what a release goes through, and what the host does by itself when it is left alone half-way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from engine.drivers.fencing import claim, parse_claim
from engine.drivers.observing import observe, parse_observe
from engine.drivers.spec import PlacementSpec, expand
from engine.drivers.staging import parse_stage, parse_upload, stage, upload
from engine.drivers.stepping import (
    ConfirmResult,
    StepResult,
    SwitchAnswer,
    confirm,
    parse_confirm,
    parse_switch,
    switch,
)
from engine.errors import AnswerUnreadable, DeadlinePassed
from engine.inventory import load
from engine.inventory.catalog import scan
from engine.model.names import PlacementId
from engine.model.observation import Claim, Health, HostReport, Unit
from engine.transport.pace import Pace
from tests.lab.estate import Estate

PORT = 8700
HELD = Claim("store", 1, "engine")
UNKNOWN = (DeadlinePassed, AnswerUnreadable)  # how a call ends whose outcome nobody knows
STEPPING = Pace(connect_s=2, keepalive_s=1)


class Placement:
    """``web`` on one host, and the engine's part in moving it."""

    def __init__(self, estate: Estate, host: str) -> None:
        for version in ("1.0", "2.0"):
            estate.artifact("web", version)
        estate.artifact("web", "3.0", "failing")
        estate.artifact("web", "4.0", "crashing")
        path: Path = estate.inventory(estate.service("web", [host], PORT))
        self.estate, self.host = estate, host
        self.inventory = load(path)
        self.catalog = scan(self.inventory)
        self.transport = estate.transport(path, STEPPING)

    def spec(self, version: str | None) -> PlacementSpec:
        """The placement at a version."""
        service = self.inventory.services["web"]
        placement = PlacementId("web", "prod", self.host)
        return expand(service.configuration, placement, self.inventory.hosts[self.host], version, "lab")

    async def claim(self) -> None:
        """Make the host obey us."""
        answer = parse_claim(await self.transport.run(self.host, claim("lab", ["/opt/interlock"], HELD)))
        assert answer.accepted

    async def observe(self) -> HostReport:
        """What the host reports now."""
        specs = [self.spec(None)]
        return parse_observe(self.host, await self.transport.run(self.host, observe("lab", specs)), specs)

    async def stage(self, version: str) -> None:
        """Bring a release onto the host, if it is not there."""
        artifact = self.catalog.find("web", version)
        assert artifact is not None
        spec = self.spec(version)
        answer = parse_stage(await self.transport.run(self.host, stage(spec, HELD, artifact)))
        if answer.state == "need":
            stored = parse_upload(await self.transport.run(self.host, upload(spec, HELD, artifact)))
            assert (stored.state, stored.detail) == ("stored", "")
        else:
            assert answer.state == "have", answer

    async def switch(self, version: str, step: str, confirm_s: float = 20, timeout_s: float = 0) -> SwitchAnswer:
        """Switch, under a name; healthy for one second within ten is what counts."""
        command = switch(self.spec(version), HELD, step, 1, 10, confirm_s)
        if timeout_s:
            command = replace(command, timeout_s=timeout_s)
        return parse_switch(await self.transport.run(self.host, command))

    async def confirm(self, version: str, step: str) -> ConfirmResult:
        """Confirm over a new connection."""
        return parse_confirm(await self.transport.run(self.host, confirm(self.spec(version), HELD, step))).result

    async def deploy(self, version: str, step: str) -> None:
        """All of it."""
        await self.stage(version)
        assert (await self.switch(version, step)).result is StepResult.HEALTHY
        assert await self.confirm(version, step) is ConfirmResult.CONFIRMED

    def reported(self) -> str:
        """The version that the process itself reports."""
        return self.estate.reported(self.host, PORT)


@pytest.fixture
async def web(estate: Estate) -> Placement:
    """``web`` at 1.0 on h3, installed by the steps themselves; 2.0 to 4.0 exist."""
    web = Placement(estate, "h3")
    await web.claim()
    await web.deploy("1.0", "install")
    return web


async def test_a_release_from_first_contact_to_confirmation(estate: Estate) -> None:
    web = Placement(estate, "h3")
    (absent,) = (await web.observe()).sightings
    assert (absent.unit, absent.version) == (Unit.ABSENT, None)
    await web.claim()
    await web.deploy("1.0", "one")
    await web.deploy("2.0", "two")
    report = await web.observe()
    (sighting,) = report.sightings
    assert report.claim == HELD
    assert (sighting.version, sighting.release, sighting.unit) == ("2.0", "2.0", Unit.RUNNING)
    assert sighting.health is Health.PASSING
    assert web.reported() == "2.0"
    # The same step asked again is answered from what was kept; nothing restarts.
    pid = estate.lab.exec(estate.machine("h3"), "systemctl", "show", "-p", "MainPID", "web.service")
    assert (await web.switch("2.0", "two")).confirmed
    assert estate.lab.exec(estate.machine("h3"), "systemctl", "show", "-p", "MainPID", "web.service") == pid


@pytest.mark.parametrize("version", ["3.0", "4.0"])
async def test_a_sick_release_is_put_back_by_the_host(web: Placement, version: str) -> None:
    await web.stage(version)
    answer = await web.switch(version, "sick")
    assert answer.result is StepResult.REVERTED
    assert answer.detail
    assert any(f"version {version} starts" in line for line in answer.log)
    await web.estate.until(lambda: web.reported() == "1.0")


async def test_a_link_cut_during_the_switch_brings_the_old_release_back(web: Placement) -> None:
    await web.stage("2.0")
    machine = web.estate.machine(web.host)
    running = asyncio.create_task(web.switch("2.0", "cut", confirm_s=4, timeout_s=6))
    await web.estate.until(lambda: web.reported() == "2.0")
    web.estate.lab.cut(machine)
    with pytest.raises(UNKNOWN):
        await running
    await web.estate.until(lambda: "1.0" in _current(web.estate, web.host))
    web.estate.lab.heal(machine)
    await web.estate.until(lambda: web.reported() == "1.0")
    assert (await web.switch("2.0", "cut")).result is StepResult.UNCONFIRMED
    assert await web.confirm("2.0", "cut") is ConfirmResult.FIRED
    (sighting,) = (await web.observe()).sightings
    assert (sighting.version, sighting.health) == ("1.0", Health.PASSING)


async def test_a_link_that_heals_in_time_is_confirmed_and_nothing_runs_twice(web: Placement) -> None:
    await web.stage("2.0")
    machine = web.estate.machine(web.host)
    running = asyncio.create_task(web.switch("2.0", "blink", confirm_s=40, timeout_s=5))
    await web.estate.until(lambda: web.reported() == "2.0")
    web.estate.lab.cut(machine)
    with pytest.raises(UNKNOWN):
        await running
    web.estate.lab.heal(machine)
    assert (await web.switch("2.0", "blink")).result is StepResult.HEALTHY
    assert await web.confirm("2.0", "blink") is ConfirmResult.CONFIRMED
    assert web.reported() == "2.0"
    history = web.estate.lab.exec(machine, "cat", "/opt/interlock/web/.interlock/history")
    assert sum("blink" in line for line in history.splitlines()) == 1


async def test_a_host_that_crashes_in_mid_switch_boots_into_the_old_release(web: Placement) -> None:
    await web.stage("2.0")
    machine = web.estate.machine(web.host)
    before = await web.observe()
    running = asyncio.create_task(web.switch("2.0", "crash", confirm_s=40))
    await web.estate.until(lambda: web.reported() == "2.0")
    await asyncio.to_thread(web.estate.lab.crash, machine)
    with pytest.raises(UNKNOWN):
        await running
    await asyncio.to_thread(web.estate.lab.boot, machine)
    await web.estate.until(lambda: web.reported() == "1.0")
    assert (await web.switch("2.0", "crash")).result is StepResult.REBOOTED
    report = await web.observe()
    assert report.boot_id != before.boot_id
    (sighting,) = report.sightings
    assert (sighting.version, sighting.release, sighting.health) == ("1.0", "1.0", Health.PASSING)


def _current(estate: Estate, host: str) -> str:
    return estate.lab.exec(estate.machine(host), "readlink", "/opt/interlock/web/current")
