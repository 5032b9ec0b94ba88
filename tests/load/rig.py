"""A real engine under load: its loop, journal, API and socket are those of ``interlock engine``; only hosts are
simulated, and time is real. It runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from engine.api.client import Client
from engine.api.desk import Desk
from engine.api.server import ApiServer
from engine.api.watching import QUEUE_LIMIT
from engine.model.consent import ApprovalPolicy
from engine.model.hook import Hooks
from engine.model.inventory import Inventory, Limits
from engine.model.release import Catalog
from engine.model.role import Grant
from engine.model.service import Amount, RolloutPolicy
from engine.runtime.engine import Engine
from engine.runtime.forecaster import Forecaster
from engine.runtime.kept import Kept
from engine.runtime.lag import Lag
from engine.runtime.ports import SystemChance, SystemClock
from engine.sim.behaviour import Behaviour
from engine.sim.estate import ENVIRONMENT, VERSIONS, Estate, generate
from engine.sim.link import PROCESS
from engine.sim.world import World
from engine.store.sqlite import SqliteStore
from tests.aside import OnLoop, aside


def estate(
    services: int, hosts: int, *, grants: tuple[Grant, ...] = (), approvals: tuple[ApprovalPolicy, ...] = ()
) -> Estate:
    """An estate in which every version behaves, everything is installed, and no service needs another: what is
    measured is the engine, not how long somebody has to wait for somebody."""
    made = generate(Random(1), services, hosts)
    free = {
        name: replace(
            service,
            needs=(),
            hosts={ENVIRONMENT: (sorted(made.inventory.hosts)[at % hosts],)},
            configuration=replace(service.configuration, hooks=Hooks()),
            rollout=RolloutPolicy(
                max_parallel=Amount(100, percent=True), min_healthy_time_s=0.1, confirm_timeout_s=30.0
            ),
        )
        for at, (name, service) in enumerate(made.inventory.services.items())
    }
    inventory = replace(made.inventory, services=free, roles=grants, windows={}, limits=Limits(), approvals=approvals)
    well = {(name, version): Behaviour.HEALTHY for name in free for version in VERSIONS}
    return replace(made, inventory=inventory, behaviours=well, installed=tuple(free))


class Rig(OnLoop):
    """The engine and its server."""

    def __init__(self, engine: Engine, server: ApiServer) -> None:
        super().__init__()
        self.engine = engine
        self.server = server
        self.address = str(server.path)

    def client(self) -> Client:
        """A client of it."""
        return Client(self.address, 30.0)

    def journal(self, after: int = 0) -> list[Any]:
        """The events past ``after``."""
        return asyncio.run_coroutine_threadsafe(self.engine.store.read(after=after, limit=1 << 40), self.loop).result(
            60
        )


def rig(
    folder: Path, made: Estate, *, socket: Path | None = None, watch_limit: int = QUEUE_LIMIT
) -> AbstractContextManager[Rig]:
    """An engine on the hosts of an estate, with its journal in ``folder``."""
    return aside(lambda: _serving(folder, made, socket or folder / "engine.sock", watch_limit))


class _serving:  # noqa: N801  # reads as the context manager it is
    def __init__(self, folder: Path, made: Estate, socket: Path, watch_limit: int) -> None:
        self._given = folder, made, socket, watch_limit

    async def __aenter__(self) -> Rig:
        folder, made, socket, watch_limit = self._given
        self.store = await SqliteStore.open(folder)
        world = World(1, made, folder)
        PROCESS.set(self)

        async def artifacts(_: Inventory) -> Catalog:
            return made.catalog

        self.engine = Engine(
            made.inventory,
            await self.store.load(),
            self.store,
            world.make_transport(Random(1)),
            SystemClock(),
            SystemChance(),
            artifacts,
        )
        self.forecaster = Forecaster()
        desk = Desk(self.engine, folder / "inventory.yaml", Lag(), self.forecaster, Kept(None))
        self.server = ApiServer(desk, socket, watch_limit=watch_limit)
        await self.engine.start()
        await self.server.start()
        self.loop = asyncio.create_task(self.engine.run())
        return Rig(self.engine, self.server)

    async def __aexit__(self, *error: object) -> None:
        self.engine.halt()
        await self.loop
        await self.engine.close()
        await self.server.stop()
        await self.forecaster.close()
        await self.store.close()
