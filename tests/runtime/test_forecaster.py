"""The forecasting process: it answers what the planner would, and a late one is replaced."""

from __future__ import annotations

import asyncio

from engine.model.snapshot import Snapshot
from engine.plan.forecast import forecast
from engine.runtime.forecaster import Forecaster
from tests.builders import service, world


def snapshot() -> Snapshot:
    made = world(service("ledger"), service("shop", ("ledger", ">=1")))
    made.deploy(ledger="2.0", shop="2.0")
    return made.snapshot


async def test_the_process_foresees_what_the_planner_does() -> None:
    forecaster, asked = Forecaster(), snapshot()
    try:
        first = await forecaster.forecast(asked)
        assert first == forecast(asked)
        assert await forecaster.forecast(asked) == first
    finally:
        await forecaster.close()


async def test_a_late_forecast_is_given_up_and_the_next_is_right() -> None:
    forecaster, asked = Forecaster(deadline_s=0.001), snapshot()
    try:
        assert await forecaster.forecast(asked) is None
        forecaster._deadline_s = 60
        assert await forecaster.forecast(asked) == forecast(asked)
    finally:
        await forecaster.close()


async def test_who_stops_waiting_does_not_spoil_the_next_answer() -> None:
    forecaster, asked = Forecaster(), snapshot()
    try:
        await forecaster.forecast(asked)
        task = asyncio.create_task(forecaster.forecast(world(service("a")).snapshot))
        await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await forecaster.forecast(asked) == forecast(asked)
    finally:
        await forecaster.close()
