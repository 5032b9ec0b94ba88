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
from tests.lab.together import Played, side_by_side

PORT = 8700
HELD = Claim("store", 1, "engine")
UNKNOWN = (DeadlinePassed, AnswerUnreadable)  # how a call ends whose outcome nobody knows
STEPPING = Pace(connect_s=2, keepalive_s=1)


class Placement:
    """``web`` on one host, and the engine's part in moving it."""

    def __init__(self, estate: Estate) -> None:
        for version in ("1.0", "2.0"):
            estate.artifact("web", version)
        estate.artifact("web", "3.0", "failing")
        estate.artifact("web", "4.0", "crashing")
        (self.machine,) = estate.machines
        self.estate, self.host = estate, self.machine.name
        path: Path = estate.inventory(estate.service("web", [self.host], PORT))
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


async def installed(estate: Estate) -> Placement:
    """``web`` at 1.0, installed by the steps themselves; 2.0 to 4.0 exist."""
    web = Placement(estate)
    await web.claim()
    await web.deploy("1.0", "install")
    return web


async def a_release_from_first_contact_to_confirmation(estate: Estate) -> None:
    web = Placement(estate)
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
    pid = estate.lab.exec(web.machine, "systemctl", "show", "-p", "MainPID", "web.service")
    assert (await web.switch("2.0", "two")).confirmed
    assert estate.lab.exec(web.machine, "systemctl", "show", "-p", "MainPID", "web.service") == pid


async def a_failing_release_is_put_back_by_the_host(estate: Estate) -> None:
    await is_put_back(estate, "3.0")


async def a_crashing_release_is_put_back_by_the_host(estate: Estate) -> None:
    await is_put_back(estate, "4.0")


async def is_put_back(estate: Estate, version: str) -> None:
    web = await installed(estate)
    await web.stage(version)
    answer = await web.switch(version, "sick")
    assert answer.result is StepResult.REVERTED
    assert answer.detail
    assert any(f"version {version} starts" in line for line in answer.log)
    await web.estate.until(lambda: web.reported() == "1.0")


async def a_link_cut_during_the_switch_brings_the_old_release_back(estate: Estate) -> None:
    web = await installed(estate)
    await web.stage("2.0")
    running = asyncio.create_task(web.switch("2.0", "cut", confirm_s=4, timeout_s=6))
    await web.estate.until(lambda: web.reported() == "2.0")
    web.estate.lab.cut(web.machine)
    with pytest.raises(UNKNOWN):
        await running
    await web.estate.until(lambda: "1.0" in _current(web))
    web.estate.lab.heal(web.machine)
    await web.estate.until(lambda: web.reported() == "1.0")
    assert (await web.switch("2.0", "cut")).result is StepResult.UNCONFIRMED
    assert await web.confirm("2.0", "cut") is ConfirmResult.FIRED
    (sighting,) = (await web.observe()).sightings
    assert (sighting.version, sighting.health) == ("1.0", Health.PASSING)


async def a_link_that_heals_in_time_is_confirmed_and_nothing_runs_twice(estate: Estate) -> None:
    web = await installed(estate)
    await web.stage("2.0")
    running = asyncio.create_task(web.switch("2.0", "blink", confirm_s=40, timeout_s=5))
    await web.estate.until(lambda: web.reported() == "2.0")
    web.estate.lab.cut(web.machine)
    with pytest.raises(UNKNOWN):
        await running
    web.estate.lab.heal(web.machine)
    assert (await web.switch("2.0", "blink")).result is StepResult.HEALTHY
    assert await web.confirm("2.0", "blink") is ConfirmResult.CONFIRMED
    assert web.reported() == "2.0"
    history = web.estate.lab.exec(web.machine, "cat", "/opt/interlock/web/.interlock/history")
    assert sum("blink" in line for line in history.splitlines()) == 1


async def a_host_that_crashes_in_mid_switch_boots_into_the_old_release(estate: Estate) -> None:
    web = await installed(estate)
    await web.stage("2.0")
    before = await web.observe()
    running = asyncio.create_task(web.switch("2.0", "crash", confirm_s=40))
    await web.estate.until(lambda: web.reported() == "2.0")
    await asyncio.to_thread(web.estate.lab.crash, web.machine)
    with pytest.raises(UNKNOWN):
        await running
    await asyncio.to_thread(web.estate.lab.boot, web.machine)
    await web.estate.until(lambda: web.reported() == "1.0")
    assert (await web.switch("2.0", "crash")).result is StepResult.REBOOTED
    report = await web.observe()
    assert report.boot_id != before.boot_id
    (sighting,) = report.sightings
    assert (sighting.version, sighting.release, sighting.health) == ("1.0", "1.0", Health.PASSING)


def _current(web: Placement) -> str:
    return web.estate.lab.exec(web.machine, "readlink", "/opt/interlock/web/current")


SCENES = side_by_side(
    (a_release_from_first_contact_to_confirmation, 1),
    (a_failing_release_is_put_back_by_the_host, 1),
    (a_crashing_release_is_put_back_by_the_host, 1),
    (a_link_cut_during_the_switch_brings_the_old_release_back, 1),
    (a_link_that_heals_in_time_is_confirmed_and_nothing_runs_twice, 1),
    (a_host_that_crashes_in_mid_switch_boots_into_the_old_release, 1),
)


@pytest.mark.parametrize("scene", SCENES)
def test_one_service_on_one_host(played: Played, scene: str) -> None:
    played.tell(scene)
