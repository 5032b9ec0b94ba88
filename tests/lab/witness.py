"""What truly runs on the hosts, seen from outside: past SSH, past their network, and past what the
engine or the host script says. A lab host's processes are this machine's processes too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.lab.estate import Estate

_SERVER = re.compile(rb"^python3\0/opt/interlock/([a-z0-9-]+)/releases/([^/]+)/server\.py\0")
T = TypeVar("T")


class Seen(NamedTuple):
    """A process of the tests' server; ``network`` tells whose it is (``Lab.network``)."""

    service: str
    version: str
    network: str


def processes() -> list[Seen]:
    """Every process of the tests' server on every host."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if server := _SERVER.match((path / "cmdline").read_bytes()):
                found.append(Seen(server[1].decode(), server[2].decode(), os.readlink(path / "ns/net")))
    return found


def running(service: str) -> set[str]:
    """The versions of a service that run anywhere in the lab."""
    return {seen.version for seen in processes() if seen.service == service}


async def listens(address: str, port: int) -> bool:
    """Whether anybody takes connections there; the kernel answers, however busy the host is."""
    try:
        async with asyncio.timeout(2):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


@contextlib.asynccontextmanager
async def sampling(look: Callable[[], Awaitable[T]], every_s: float = 0.05) -> AsyncIterator[list[T]]:
    """Look again and again during the block; everything that was seen. Fails with what ``look`` raises."""
    seen: list[T] = []

    async def go_on() -> None:
        while True:
            seen.append(await look())
            await asyncio.sleep(every_s)

    watching = asyncio.create_task(go_on())
    try:
        yield seen
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


class Ledger:
    """What a host itself has written down of a service: the steps it ran and the starts it made."""

    def __init__(self, estate: Estate, host: str, service: str) -> None:
        root = estate.machine(host).folder / "root"
        self._history = root / f"opt/interlock/{service}/.interlock/history"
        self._starts = root / f"var/tmp/starts.{service}"

    def steps(self) -> list[tuple[str, str]]:
        """Each step that switched something: its name, and the version it went to."""
        lines = self._history.read_text().splitlines() if self._history.exists() else []
        return [(line.split("\t")[0], line.split("\t")[2]) for line in lines]

    def starts(self) -> Counter[str]:
        """How often each version was started."""
        lines = self._starts.read_text().splitlines() if self._starts.exists() else []
        return Counter(line.split()[0] for line in lines)
