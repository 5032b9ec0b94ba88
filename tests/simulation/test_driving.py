"""Simulated containers, and services run by scripts, keep the promises of container.sh and script.sh."""

from __future__ import annotations

import asyncio

import pytest

from engine.drivers import StepResult
from engine.model.observation import Health, Unit
from engine.model.service import DriverName
from engine.sim.behaviour import Behaviour
from tests.simulation.bench import Bench, run


def test_a_container_that_was_not_confirmed_is_not_started_by_a_boot_and_the_former_needs_no_image() -> None:
    async def story() -> None:
        bench = await Bench(driver=DriverName.CONTAINER).ready()
        assert (await bench.switch()).result is StepResult.HEALTHY
        bench.host.place("ledger").boxes.images.clear()
        bench.reboot()
        placed = bench.host.place("ledger")
        assert placed.process is None
        await bench.look()  # which puts back what was left armed
        await asyncio.sleep(1)
        assert await bench.look() == ("1.0", Unit.RUNNING, Health.PASSING)
        assert (await bench.switch()).result is StepResult.REBOOTED

    run(story)


@pytest.mark.parametrize("docker", [True, False])
def test_a_confirmed_container_comes_up_with_a_host_whose_runtime_has_a_daemon(docker: bool) -> None:
    async def story() -> None:
        bench = await Bench(driver=DriverName.CONTAINER).ready()
        bench.host.runs_docker = docker
        await bench.switch()
        await bench.confirm()
        await asyncio.sleep(1)
        bench.reboot()
        await asyncio.sleep(1)
        unit = Unit.RUNNING if docker else Unit.STOPPED
        assert (await bench.look())[1] is unit

    run(story)


def test_an_image_that_was_removed_is_pulled_again_before_the_switch() -> None:
    async def story() -> None:
        bench = await Bench(driver=DriverName.CONTAINER).ready()
        bench.host.place("ledger").boxes.images.discard("2.0")
        assert await bench.stage(bench.artifact) == "have"
        assert (await bench.switch()).result is StepResult.HEALTHY

    run(story)


@pytest.mark.parametrize("driver", [DriverName.CONTAINER, DriverName.SCRIPT])
def test_a_version_that_does_not_even_start_is_put_back(driver: DriverName) -> None:
    async def story() -> None:
        bench = await Bench(Behaviour.REFUSED, driver).ready()
        ended = await bench.switch()
        assert ended.result is StepResult.REVERTED
        assert "ended with status 1; release 1.0 was put back" in ended.detail
        await asyncio.sleep(1)
        assert await bench.look() == ("1.0", Unit.RUNNING, Health.PASSING)

    run(story)


def test_what_a_script_has_started_and_ends_stays_ended() -> None:
    async def story() -> None:
        bench = await Bench(driver=DriverName.SCRIPT).ready()
        await bench.switch()
        await bench.confirm()
        bench.host.end_process("ledger")
        await asyncio.sleep(30)
        assert (await bench.look())[1] is Unit.STOPPED

    run(story)
