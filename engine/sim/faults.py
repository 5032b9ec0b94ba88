"""Whatever goes wrong, at the seed's whim: links, hosts, processes, disks, clocks, the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from random import Random

from engine.sim.tampering import Tampering
from engine.sim.world import World

DAY_S = 86400.0


class Faults:
    """Breaks one thing after the other, and mends most of them again by itself."""

    def __init__(self, world: World, every_s: float, names: Collection[str] = ()) -> None:
        """``names``: only these of FAULTS; () for all."""
        self._world = world
        self._moments: Random = world.random("faults")
        self._random = self._moments  # a new one for each fault
        self._every_s = every_s
        self._names = tuple(name for name in LIKELY if name in names or not names)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._moments.expovariate(1 / self._every_s))
            deed = self._world.story.turn("fault")
            self._random = self._world.random(deed)
            name = self._random.choice(self._names)
            if self._world.story.has(deed, asyncio.get_running_loop().time(), name):
                self._world.invariants.note(f"fault: {name}")
                self._world.invariants.counts[f"fault: {name}"] += 1
                await FAULTS[name](self)

    def _host(self) -> str:
        return self._random.choice(tuple(self._world.hosts))

    def _service(self, host: str) -> str:
        placed = sorted(self._world.hosts[host].placed)
        return self._random.choice(placed) if placed else ""

    def _later(self, action: Callable[[], None], longest_s: float) -> None:
        asyncio.get_running_loop().call_later(self._random.uniform(0.5, longest_s), action)

    async def _cut(self) -> None:
        link = self._world.links[self._host()]
        link.cut()
        self._later(link.heal, 60.0)

    async def _half_open(self) -> None:
        link = self._world.links[self._host()]
        link.is_half_open = True
        self._later(link.heal, 60.0)

    async def _flicker(self) -> None:
        self._world.links[self._host()].break_connections()

    async def _lose_calls(self) -> None:
        link = self._world.links[self._host()]
        link.lost_before, link.lost_after = self._random.uniform(0, 0.3), self._random.uniform(0, 0.6)
        self._later(link.heal, 90.0)

    async def _delay(self) -> None:
        link = self._world.links[self._host()]
        link.latency_s = self._random.uniform(0.1, 4.0)
        self._later(link.heal, 60.0)

    async def _reboot(self) -> None:
        host = self._world.hosts[self._host()]
        if host.is_up:
            host.crash()
            self._later(lambda: self._world.boot(host), 60.0)

    async def _slow_host(self) -> None:
        host = self._world.hosts[self._host()]
        host.slowness = self._random.uniform(2.0, 30.0)
        self._later(lambda: setattr(host, "slowness", 1.0), 60.0)

    async def _full_disk(self) -> None:
        host = self._world.hosts[self._host()]
        host.is_full = True
        self._later(lambda: setattr(host, "is_full", False), 60.0)

    async def _kill_job(self) -> None:
        for host in self._world.hosts.values():
            for service, placed in host.placed.items():
                if placed.is_locked and self._random.random() < 0.5:
                    host.kill_job(service)

    async def _kill_hooks(self) -> None:
        for host in self._world.hosts.values():
            if self._random.random() < 0.5:
                host.kill_hooks()

    async def _end_process(self) -> None:
        host = self._host()
        if service := self._service(host):
            self._world.hosts[host].end_process(service)

    async def _sicken(self) -> None:
        host = self._host()
        if service := self._service(host):
            self._world.hosts[host].sicken(service, self._random.uniform(2.0, 40.0))

    async def _jump(self) -> None:
        if self._world.process is not None:
            self._world.process.clock.jump(self._random.choice((-DAY_S, DAY_S, -3600.0, 0.5)))

    async def _kill_engine(self) -> None:
        self._world.kill_engine()
        await asyncio.sleep(self._random.choice((0.0, 0.1, 5.0, 40.0)))
        self._world.start_engine()

    async def _restart_engine(self) -> None:
        if self._world.engine is not None and self._world.process is not None:
            await self._world.process.drain()
        self._world.start_engine()

    async def _break_disk(self) -> None:
        if self._world.process is not None:
            self._world.process.break_disk()
            await asyncio.sleep(self._random.uniform(5.0, 60.0))
            self._world.kill_engine()
            self._world.start_engine()

    async def _tamper(self) -> None:
        Tampering(self._world, self._random).tamper()

    async def _second_engine(self) -> None:
        if self._world.process is not None:
            self._world.process.must_be_alone(self._world.invariants)


FAULTS: dict[str, Callable[[Faults], Awaitable[None]]] = {
    "link-cut": Faults._cut,
    "link-half-open": Faults._half_open,
    "connections-lost": Faults._flicker,
    "calls-lost": Faults._lose_calls,
    "link-slow": Faults._delay,
    "host-reboot": Faults._reboot,
    "host-slow": Faults._slow_host,
    "disk-full": Faults._full_disk,
    "jobs-killed": Faults._kill_job,
    "hooks-killed": Faults._kill_hooks,
    "process-ends": Faults._end_process,
    "service-sick": Faults._sicken,
    "clock-set": Faults._jump,
    "engine-killed": Faults._kill_engine,
    "engine-restarted": Faults._restart_engine,
    "journal-disk-broken": Faults._break_disk,
    "second-engine": Faults._second_engine,
    "tampering": Faults._tamper,
}
LIKELY = (*FAULTS, "engine-killed", "tampering", "tampering")  # some more often than others
