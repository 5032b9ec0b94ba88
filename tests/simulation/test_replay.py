"""Every decision of a simulated engine is made again from its journal: from the state before it, and
from the inventory as the journal would keep it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from engine.inventory.kept import from_text, to_text
from engine.model.event import Recorded
from engine.model.snapshot import Snapshot
from engine.model.state import State
from engine.plan.evolve import fold
from engine.runtime.replay import DECIDED, catalog_of, replay, turn_of
from engine.sim.operator import Operator
from engine.sim.process import virtual_loop
from engine.sim.run import Options, make_world
from engine.sim.world import World
from engine.store.sync import SyncStore

LIVED_S = 120


def lived(seed: int, folder: Path) -> tuple[World, list[Recorded]]:
    """Two minutes in which people deploy, and the journal of it."""

    async def live() -> tuple[World, list[Recorded]]:
        world = make_world(seed, Options(), folder)
        people = [asyncio.create_task(Operator(world, name, 10).run()) for name in ("ana", "bo")]
        world.start_engine()
        await asyncio.sleep(LIVED_S)
        for task in people:
            task.cancel()
        await asyncio.wait(people)
        world.kill_engine()
        store = SyncStore.open(folder)
        events = await store.read(limit=100_000)
        await store.close()
        return world, events

    with asyncio.Runner(loop_factory=lambda: virtual_loop(seed)) as runner:
        return runner.run(live())


@pytest.mark.parametrize("seed", [5, 8])
def test_every_decision_is_made_again(seed: int, tmp_path: Path) -> None:
    world, events = lived(seed, tmp_path)
    inventory = from_text(to_text(world.estate.inventory))
    seen: Counter[str] = Counter()
    state = State()
    for _, run in groupby(events, lambda each: (each.at, each.elapsed_s)):
        turn = tuple(run)
        told = Snapshot(inventory, catalog_of(world.estate.catalog, state), state, turn[0].at, turn[0].elapsed_s)
        for recorded in turn:
            if isinstance(recorded.event, DECIDED):
                found = replay(told, state, turn_of(turn, recorded.seq), recorded.seq)
                assert found.is_same, (recorded, [each.event for each in found.decided])
                seen[type(recorded.event).__name__] += 1
        state = fold(state, turn)
    assert seen["MoveIntended"] > 1
    assert seen["InstanceAdopted"] >= 1


def test_a_decision_that_was_not_made_from_this_is_told_apart(tmp_path: Path) -> None:
    """The journal says that something moved which the planner, told the same, would not move."""
    world, events = lived(3, tmp_path)
    at = next(n for n, each in enumerate(events) if type(each.event).__name__ == "MoveIntended")
    turn = turn_of(events, events[at].seq)
    before = fold(State(), events[: turn[0].seq - 1])
    told = Snapshot(world.estate.inventory, world.estate.catalog, before, turn[0].at, turn[0].elapsed_s)
    assert replay(told, before, turn, events[at].seq).is_same
    paused = replay(told, replace(before, paused_by="ana"), turn, events[at].seq)
    assert (paused.is_decision, paused.is_same) == (True, False)
