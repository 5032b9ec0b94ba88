"""A simulated host, asked and understood through the real drivers, keeps host.sh's promises."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine import drivers
from engine.drivers import ConfirmResult, StepResult
from engine.model.observation import Claim, Health, Unit
from engine.sim.behaviour import Behaviour
from tests.simulation.bench import CLAIM, Bench, run


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
        bench.reboot()
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
