"""An engine that is ended in the middle of a rollout on real SSH servers, by kill -9 or SIGTERM, and the
one that comes after it: everything goes on where it was, and no placement switches twice.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from engine import inventory as inventories
from engine.fleet.embedded import EmbeddedFleet
from engine.model.names import InstanceId
from tests.runtime.running import EngineProcess, eventually, switches

# Where a rollout is then: accepted, bringing releases, switching the first placement, judging it, late.
DELAYS_S = (0.1, 0.6, 1.2, 2.0, 3.5)
THERE, BACK = {"config": "1.9.0", "events": "5.5.0"}, {"config": "1.8.0", "events": "5.4.0"}


async def asked(engine: EngineProcess, services: dict[str, str]) -> str:
    """The id of a change that it accepted."""
    return str((await engine.post("/v1/changes", {"environment": "prod", "services": services}))["change"])


async def view(engine: EngineProcess, change: str) -> dict[str, Any]:
    return cast(dict[str, Any], await engine.get(f"/v1/changes/{change}"))


async def succeeded(engine: EngineProcess, change: str) -> None:
    async def is_done() -> bool:
        return bool((await view(engine, change))["state"] == "succeeded")

    await eventually(is_done, 60, lambda: engine.log.read_text()[-3000:])


def switched(fleet: EmbeddedFleet) -> dict[str, list[str]]:
    """The steps that every placement has carried out, in order."""
    inventory = inventories.load(fleet.inventory)
    placements = [each for name in THERE for each in inventory.placements(InstanceId(name, "prod"))]
    return {str(each): switches(fleet.home(each.host), "interlock", each.service) for each in placements}


async def test_an_engine_killed_in_the_middle_of_a_rollout_goes_on_and_switches_once(fleet: EmbeddedFleet) -> None:
    engine = await EngineProcess(fleet.inventory, fleet.state).ready()
    for turn, delay_s in enumerate(DELAYS_S, 1):
        change = await asked(engine, BACK if turn % 2 == 0 else THERE)
        await asyncio.sleep(delay_s)
        await engine.kill()
        engine = await EngineProcess(fleet.inventory, fleet.state).ready()
        await succeeded(engine, change)
        for placement, done in switched(fleet).items():
            assert len(done) == len(set(done)) == turn, f"{placement}, killed after {delay_s} s: {done}"
    assert await engine.terminate() == 0


async def test_sigterm_stops_at_the_safe_point_and_the_next_engine_goes_on(fleet: EmbeddedFleet) -> None:
    engine = await EngineProcess(fleet.inventory, fleet.state).ready()
    change = await asked(engine, {"events": "5.5.0"})
    await asyncio.sleep(0.5)
    assert await engine.terminate() == 0
    again = await EngineProcess(fleet.inventory, fleet.state).ready()
    moves = (await view(again, change))["items"][0]["moves"]
    assert [move["state"] for move in moves if move["started"]][:1] == ["done"]
    await succeeded(again, change)
    assert await again.terminate() == 0
