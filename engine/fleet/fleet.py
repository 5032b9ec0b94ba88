"""All hosts of one demo or test, and what can be done to them.

This runs in the fleet's own process (``python -m engine.fleet``), so that the hosts never share
a loop with the engine that works on them.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping

from engine.errors import InterlockError
from engine.fleet import processes
from engine.fleet.host import EmbeddedHost, new_host_key
from engine.fleet.layout import Folders, Layout
from engine.fleet.lock import FolderLock
from engine.fleet.seed import Seeding
from engine.fleet.spawn import Spawner

STOP_GRACE_S = 1.0
FAULTS = ("cut", "freeze", "heal", "crash", "boot")


class FleetError(InterlockError):
    """The embedded fleet cannot do what was asked; the message says why."""


class AddressTaken(FleetError):
    """Something else listens on an address of this fleet: another block is to be tried."""


class Fleet:
    """The embedded hosts of one folder."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.layout = Layout.load(folders)
        self._spawner = Spawner()
        self._seeding = Seeding(folders, self.layout)
        self._lock = FolderLock(folders.lock)
        self.hosts: Mapping[str, EmbeddedHost] = {
            spec.name: EmbeddedHost(spec, new_host_key(folders.host_key(spec.name)), self._spawner)
            for spec in self.layout.specs(folders)
        }

    @property
    def homes(self) -> set[str]:
        """The folders by which all hosts' processes are known."""
        return {host.home for host in self.hosts.values()}

    async def start(self) -> None:
        """Boot every host and start its services: the seeded versions the first time, later
        those that were current. What a crashed fleet left running here is ended first.

        Raises FleetRuns if another fleet runs here, AddressTaken if an address is in use.
        """
        self._lock.take()
        self._spawner.open()
        await asyncio.to_thread(processes.end_all, self.homes)
        try:
            await asyncio.gather(*(host.boot() for host in self.hosts.values()))
        except OSError as error:
            await self.stop()
            raise AddressTaken(f"cannot start the embedded hosts in 127.{self.layout.block}: {error}") from error
        await self._seeding.start(self.hosts.values())

    async def stop(self) -> None:
        """Shut everything down: SSH first, then every process, gently and then not. Does nothing
        if another fleet has this folder: its processes are not ours."""
        if not self._lock.is_held:
            return
        await asyncio.gather(*(host.refuse() for host in self.hosts.values()))
        await asyncio.to_thread(processes.end_all, self.homes, STOP_GRACE_S)
        await self._spawner.close()
        rest = processes.descendants({os.getpid()}, processes.parents())
        processes.end(rest, signal.SIGKILL)
        self._lock.release()

    async def inflict(self, fault: str, name: str) -> None:
        """One of ``FAULTS`` on one host. Raises FleetError for an unknown fault or host."""
        if fault not in FAULTS or name not in self.hosts:
            raise FleetError(f"no fault {fault!r} or no host {name!r}; faults: {', '.join(FAULTS)}")
        host = self.hosts[name]
        await {"cut": host.cut, "freeze": host.freeze, "heal": host.heal, "crash": host.crash, "boot": host.boot}[
            fault
        ]()
        if fault == "boot":
            await self._seeding.start([host])
