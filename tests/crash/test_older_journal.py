"""An engine on an older copy of its journal (a backup that was put back) learns from its hosts how far they were."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

from engine.sim.estate import generate
from engine.sim.process import EngineProcess, virtual_loop
from engine.sim.world import World
from engine.store.folder import JOURNAL


async def _begun(process: EngineProcess | None) -> EngineProcess:
    while process is None or process.engine is None:
        await asyncio.sleep(0.1)
    return process


async def _told(folder: Path) -> tuple[int, list[str]]:
    """The epoch of an engine on the first one's journal, after a third; and the hosts that refuse it."""
    world = World(1, generate(Random("older journal"), 2, 3), folder / "now")
    (folder / "older").mkdir()
    world.start_engine()
    first = await _begun(world.process)
    assert first.engine is not None
    await first.engine.store.copy_to(folder / "older" / JOURNAL)
    for _ in range(2):
        world.kill_engine()
        world.start_engine()
        await _begun(world.process)
    world.kill_engine()
    transport = world.make_transport(Random(2))
    older = EngineProcess(folder / "older", world.estate.inventory, world.estate.catalog, transport, Random(3))
    older.start(world.invariants)
    await _begun(older)
    await asyncio.sleep(30.0)
    assert older.engine is not None
    state = older.engine.snapshot.state
    older.kill()
    return state.epoch, [host.host for host in state.hosts.values() if not host.fenced]


def test_it_takes_an_epoch_above_that_of_every_host(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=lambda: virtual_loop(1)) as runner:
        assert runner.run(_told(tmp_path)) == (4, [])
