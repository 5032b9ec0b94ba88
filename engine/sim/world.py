"""One simulated world: an estate, its hosts and links, and the one engine that may be alive."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

from engine.model.names import PlacementId
from engine.sim.behaviour import Behaviour
from engine.sim.estate import ENVIRONMENT, FIRST, Estate
from engine.sim.host import SimHost
from engine.sim.invariants import Invariants
from engine.sim.link import Link, SimTransport
from engine.sim.placed import Placed
from engine.sim.process import EngineProcess, WatchedEngine
from engine.sim.steps import recover
from engine.sim.story import Story
from engine.store.sync import SyncStore


class World:
    """Everything outside the engine, and who starts it. Each part draws from a random of its
    own, so that one more draw in one place does not change the fate of all others."""

    def __init__(self, seed: int, estate: Estate, folder: Path) -> None:
        self.seed = seed
        self.estate = estate
        self.hosts: dict[str, SimHost] = {}
        self.links: dict[str, Link] = {name: Link() for name in estate.inventory.hosts}
        loop = asyncio.get_running_loop()
        self.invariants = Invariants(estate.inventory, self.hosts, loop.time)
        for name in estate.inventory.hosts:
            self.hosts[name] = SimHost(name, self.random(f"host {name}"), self._behaviour_of, self.invariants)
        for service in estate.installed:
            self._install(service)
        self.process: EngineProcess | None = None
        self.lives = 0
        self.story = Story()
        self.hooks_fail = True
        self.store_class = SyncStore
        self._folder = folder

    def random(self, purpose: str) -> Random:
        """The randomness of one part of the world."""
        return Random(f"{self.seed} {purpose}")

    @property
    def engine(self) -> WatchedEngine | None:
        """The engine, once it has made first contact and while it lives."""
        return self.process.engine if self.process is not None and not self.process.is_over else None

    def placements(self) -> list[tuple[SimHost, Placed]]:
        """Every place where a service is meant to run."""
        return [
            (self.hosts[host], self.hosts[host].place(service.name))
            for service in self.estate.inventory.services.values()
            for host in service.hosts[ENVIRONMENT]
        ]

    def start_engine(self) -> None:
        """Start an engine, unless one is alive."""
        if self.process is not None and not self.process.is_over:
            return
        self.lives += 1
        self.invariants.counts["engines started"] += 1
        random = self.random(f"engine {self.lives}")
        transport = self.make_transport(random)
        self.process = EngineProcess(self._folder, self.estate.inventory, self.estate.catalog, transport, random)
        self.process.hooks_fail = self.hooks_fail
        self.process.store_class = self.store_class
        self.process.start(self.invariants)

    def make_transport(self, random: Random) -> SimTransport:
        """The way from an engine to the hosts."""
        return SimTransport(self.hosts, self.links, random)

    def kill_engine(self) -> None:
        """kill -9, if one is alive."""
        if self.process is not None and not self.process.is_over:
            self.invariants.note("engine killed")
            self.invariants.counts["engines killed"] += 1
            self.process.kill()

    def boot(self, host: SimHost) -> None:
        """Start a host that was crashed."""
        if not host.is_up:
            host.boot(lambda placed: recover(host, placed, restart=False))

    def heal(self) -> None:
        """Everything that was broken from outside is mended."""
        self.invariants.note("all healed")
        self.hooks_fail = False
        for name, host in self.hosts.items():
            self.links[name].heal()
            self.boot(host)
            host.is_full = False
            host.hooks_fail = False
            host.slowness = 1.0
            for placed in host.placed.values():
                if placed.process is not None:
                    placed.process.sick_until_s = 0.0

    def start_what_is_down(self) -> None:
        """A person starts the services that should run and do not (no healing in the engine yet)."""
        for host in self.hosts.values():
            host.start_what_is_down()

    def is_healthy(self, placement: PlacementId) -> bool:
        """Whether it truly is."""
        host = self.hosts[placement.host]
        return host.is_up and host.place(placement.service).is_healthy(host.now_s)

    def _behaviour_of(self, service: str, version: str) -> Behaviour:
        return self.estate.behaviours[service, version]

    def _install(self, service: str) -> None:
        declared = self.estate.inventory.services[service]
        for host in declared.hosts[ENVIRONMENT]:
            self.hosts[host].install(service, FIRST, declared.configuration.driver.value)
