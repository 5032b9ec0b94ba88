"""A request is answered once its change is in the journal, and not before: whoever was told "queued" can rely on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

from engine.model.event import Recorded
from engine.model.request import Deploy
from engine.sim.estate import ENVIRONMENT, generate
from engine.sim.process import virtual_loop
from engine.sim.world import World
from engine.store.sync import SyncStore


class SlowDisk(SyncStore):
    """A journal whose commits wait until the disk goes."""

    goes: asyncio.Event

    async def append(self, events: Sequence[Recorded]) -> None:
        await self.goes.wait()
        await super().append(events)


async def _asked(folder: Path) -> tuple[bool, str]:
    """Whether it is answered while the disk stands still; and the change, once it goes."""
    world = World(1, generate(Random("durable"), 2, 2), folder)
    SlowDisk.goes = disk = asyncio.Event()
    disk.set()
    world.store_class = SlowDisk
    world.start_engine()
    while (engine := world.engine) is None:
        await asyncio.sleep(0.1)
    await asyncio.sleep(30.0)
    disk.clear()
    name = next(iter(world.estate.inventory.services))
    asking = asyncio.create_task(engine.submit(Deploy("ana", ENVIRONMENT, {name: "1.1"})))
    await asyncio.sleep(60.0)
    early = asking.done()
    disk.set()
    outcome = await asking
    world.kill_engine()
    return early, outcome.change


def test_no_request_is_answered_before_its_change_is_on_disk(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=lambda: virtual_loop(1)) as runner:
        assert runner.run(_asked(tmp_path)) == (False, "1")
