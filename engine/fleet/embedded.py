"""The embedded fleet for tests: hosts up and seeded inside an ``async with``, faults at hand.

::

    async with embedded_fleet(tmp_path, services=3, hosts=4) as fleet:
        inventory = load(fleet.inventory)
        await fleet.crash("prod-eu-a1")
"""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from engine.fleet import demo, processes
from engine.fleet.layout import Layout
from engine.fleet.process import FleetProcess

HTTP_TIMEOUT_S = 3.0


class EmbeddedFleet:
    """A running fleet. Hosts go by the names they have in ``inventory``."""

    def __init__(self, process: FleetProcess) -> None:
        self._process = process
        self._turn = asyncio.Lock()
        self.layout = Layout.load(process.folders)

    @property
    def inventory(self) -> Path:
        """What ``engine.inventory.load`` reads."""
        return self._process.inventory

    @property
    def state(self) -> Path:
        """A folder for the engine's state, empty at first."""
        return self._process.state

    @property
    def addresses(self) -> Mapping[str, str]:
        """Every host's address, by name."""
        return self.layout.hosts

    @property
    def pid(self) -> int:
        """The process that holds the hosts."""
        return self._process.pid

    def home(self, host: str) -> Path:
        """A host's disk: the login's home, where releases lie under ``interlock/SERVICE``."""
        return self._process.folders.hosts / host

    def processes(self, host: str) -> set[int]:
        """The ids of everything that runs on a host."""
        return processes.living({str(self.home(host))})

    async def cut(self, host: str) -> None:
        """Reset a host's connections and refuse new ones; its processes go on."""
        await self._inflict("cut", host)

    async def freeze(self, host: str) -> None:
        """Make a host's link half-open: connected, and nothing passes."""
        await self._inflict("freeze", host)

    async def heal(self, host: str) -> None:
        """Undo ``cut`` and ``freeze``."""
        await self._inflict("heal", host)

    async def crash(self, host: str) -> None:
        """Cut a host's power."""
        await self._inflict("crash", host)

    async def boot(self, host: str) -> None:
        """Start a crashed host again, under a new boot id, with its services."""
        await self._inflict("boot", host)

    async def reported(self, host: str, port: int) -> str | None:
        """The version that the service on a host's port reports of itself; None if none answers."""
        return await asyncio.to_thread(_ask, self.addresses[host], port)

    async def _inflict(self, fault: str, host: str) -> None:
        async with self._turn:
            await asyncio.to_thread(self._process.inflict, fault, host)


@asynccontextmanager
async def embedded_fleet(
    folder: Path, services: int | None = None, hosts: int | None = None
) -> AsyncIterator[EmbeddedFleet]:
    """Start a fleet of the sample organization in ``folder`` (which must be empty, or hold one
    that ran before), and stop it at the end. Its services run at their seeded versions.

    With 3 services they are config, events and flags: events must go before config, and config
    before flags, if all are deployed at their newest good versions.
    """
    process = await asyncio.to_thread(demo.start, folder, services, hosts)
    try:
        yield EmbeddedFleet(process)
    finally:
        await asyncio.to_thread(process.stop)


def _ask(address: str, port: int) -> str | None:
    connection = http.client.HTTPConnection(address, port, timeout=HTTP_TIMEOUT_S)
    try:
        connection.request("GET", "/version")
        response = connection.getresponse()
        body = response.read(1000).decode("utf-8", "replace").strip()
        return body if response.status == 200 else None
    except OSError:
        return None
    finally:
        connection.close()
