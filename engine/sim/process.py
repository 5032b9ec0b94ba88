"""An engine's process in a simulated world: started from the journal on disk, run, drained, or
killed between two of its own instructions, as kill -9 would.
"""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections.abc import Coroutine, Generator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from engine.errors import StoreError, StoreLocked
from engine.model.hook_event import HookSettled
from engine.model.inventory import Inventory
from engine.model.release import Catalog
from engine.model.state import State
from engine.runtime.engine import Engine
from engine.sim.clock import SimChance, SimClock
from engine.sim.counting import noun_of
from engine.sim.hooks import LocalHooks
from engine.sim.invariants import Invariants
from engine.sim.link import PROCESS, SimTransport
from engine.sim.loop import VirtualLoop
from engine.store.protocol import Loaded
from engine.store.sync import SyncStore

ANY = 1 << 60
T = TypeVar("T")


class WatchedEngine(Engine):
    """The real engine, looked at after each of its steps."""

    invariants: Invariants

    async def step(self) -> None:
        """One step, and then a look at what it came to."""
        before = self.seq
        await super().step()
        for recorded in await self.store.read(after=before, limit=ANY) if self.seq != before else ():
            if isinstance(recorded.event, HookSettled):
                self.invariants.hooks.settled(recorded.event.change, recorded.event.step, again=recorded.event.again)
            self.invariants.note(f"event {recorded.seq} {recorded.at.isoformat()} {recorded.event}")
            if noun := noun_of(recorded.event):
                self.invariants.counts[noun] += 1
        self.invariants.stepped(self.snapshot, self.plan)


class Disk(sqlite3.Connection):
    """The journal's disk; each process has a class of its own, so that it can fail alone."""

    is_failing = False

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """As sqlite3's, unless the disk fails at the moment when it matters."""
        if self.is_failing and sql == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *values)


class EngineProcess:
    """One life of an engine. ``engine`` is None until it has made first contact."""

    def __init__(
        self, folder: Path, inventory: Inventory, catalog: Catalog, transport: SimTransport, random: Random
    ) -> None:
        self.engine: WatchedEngine | None = None
        self.clock = SimClock(lambda: asyncio.get_running_loop().time(), random)
        self._folder = folder
        self._inventory = inventory
        self._catalog = catalog
        self._transport = transport
        self._chance = SimChance(random)
        self._random = random
        self.hooks_fail = True
        self.store_class = SyncStore
        self._store: SyncStore | None = None
        self._disk: type[Disk] = type("Disk", (Disk,), {})
        self.tasks: list[asyncio.Task[Any]] = []
        self._main: asyncio.Task[None] | None = None
        self._killed = False

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._killed or self._main is None or self._main.done()

    def start(self, invariants: Invariants) -> None:
        """Begin its life."""
        token = PROCESS.set(self)
        try:
            self._main = asyncio.create_task(self._live(invariants), name="engine")
        finally:
            PROCESS.reset(token)

    async def _live(self, invariants: Invariants) -> None:
        try:
            self._store = self.store_class.open(
                self._folder, store=self._chance.name(), durable=False, factory=self._disk
            )
            loaded = await self._store.load()
            invariants.note(f"engine starts at event {loaded.seq + len(loaded.events)}")
            invariants.opened(await self._from_the_beginning(loaded), loaded)
            engine = WatchedEngine(
                self._inventory,
                loaded,
                self._store,
                self._transport,
                self.clock,
                self._chance,
                self._artifacts,
                local=LocalHooks(self._random, invariants.hooks, lambda: self.hooks_fail),
            )
            engine.invariants = invariants
            await engine.start()
            self.engine = engine
            await engine.run()
            await engine.close()
            await self._store.close()
            invariants.note("engine ends")
        except StoreError as error:
            if not self._disk.is_failing:
                invariants.breach(f"the engine ended by itself: {error}")
            invariants.note("engine stops: its journal cannot be written")
            self.kill()
        except Exception:  # noqa: BLE001 - whatever it is, it is told
            invariants.breach(f"the engine ended by itself:\n{traceback.format_exc()}")
            self.kill()

    async def _from_the_beginning(self, loaded: Loaded) -> Loaded:
        if self._store is None or not loaded.seq:
            return loaded
        events = await self._store.read(limit=ANY)
        return replace(loaded, state=State(store=loaded.store), seq=0, events=tuple(events))

    async def _artifacts(self, _: Inventory) -> Catalog:
        return self._catalog

    def kill(self) -> None:
        """kill -9: nothing more of it happens; its lock goes with it, its steps go on on hosts."""
        self._killed = True
        if self._store is not None:
            self._store.abandon()
        for task in self.tasks:
            if not task.done() and task is not asyncio.current_task():
                task.cancel()
        self.engine = None

    def break_disk(self) -> None:
        """From now on nothing can be committed: an engine must stop rather than go on."""
        self._disk.is_failing = True

    def must_be_alone(self, invariants: Invariants) -> None:
        """A second engine on the same journal, while this one lives, is refused."""
        if self.engine is None:
            return
        try:
            SyncStore.open(self._folder, durable=False).abandon()
        except StoreLocked:
            invariants.checks["a second engine is refused"] += 1
        else:
            invariants.breach("a second engine could open the journal")

    async def drain(self) -> None:
        """SIGTERM: end at the next safe point; returns when it has ended."""
        if self.engine is not None and self._main is not None:
            self.engine.drain()
            await asyncio.wait((self._main,))
        self.engine = None


def remember_tasks(
    loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, T] | Generator[Any, None, T], **options: Any
) -> asyncio.Task[T]:
    """A task factory: every task is noted with the engine process in whose context it began."""
    task = asyncio.Task(coro, loop=loop, **options)
    process = PROCESS.get(None)
    if isinstance(process, EngineProcess):
        if len(process.tasks) > 500:
            process.tasks = [other for other in process.tasks if not other.done()]
        process.tasks.append(task)
    return task


def virtual_loop(seed: int) -> VirtualLoop:
    """The loop of one simulated world, which knows whose each task is."""
    loop = VirtualLoop(Random(f"{seed} loop"))
    loop.set_task_factory(remember_tasks)
    return loop
