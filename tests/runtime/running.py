"""A real engine inside a test: real journal, real SSH, the loop running in a task; and one in a
process of its own, to be killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from engine import inventory as inventories
from engine.api.client import Client
from engine.drivers import DIGEST, SCRIPT
from engine.errors import InterlockError
from engine.model.change import FINAL, Change
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.plan.estate import Estate
from engine.plan.standing import state_of
from engine.runtime.depot import Depot
from engine.runtime.engine import Engine
from engine.runtime.ports import SystemChance, SystemClock
from engine.store.sqlite import SqliteStore
from engine.transport.ssh import SshTransport

Ways = Callable[[Inventory, tuple[bytes, str]], SshTransport]


class Running:
    """An engine whose loop runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def deploy(self, environment: str = "prod", **goals: str) -> str:
        """Queue a change (underscores in names stand for dashes); its id."""
        services = {name.replace("_", "-"): goal for name, goal in goals.items()}
        return (await self.engine.submit(Deploy("ana", environment, services))).change

    def change(self, change: str) -> Change:
        """A change as it is now."""
        return self.engine.snapshot.state.changes[change]

    async def until(self, condition: Callable[[], object], timeout_s: float = 60.0) -> None:
        """Wait until something holds."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            waits = [f"{wait.reason}: {wait.message}" for wait in self.engine.plan.waits]
            raise AssertionError(f"it did not happen within {timeout_s} s; waits: {waits}") from None

    async def done(self, change: str, timeout_s: float = 60.0) -> Change:
        """Wait for the end of a change."""
        await self.until(lambda: self.change(change).status in FINAL, timeout_s)
        return self.change(change)

    def state(self, instance: str) -> str:
        """The contract's word for an instance."""
        service, _, environment = instance.partition("@")
        return state_of(Estate(self.engine.snapshot), self.engine.plan, InstanceId(service, environment))


@asynccontextmanager
async def running_engine(
    inventory_path: Path, state: Path, *, take_over: bool = False, ways: Ways | None = None
) -> AsyncIterator[Running]:
    """An engine in this process; it is halted at the end, wherever it is. ``ways`` makes its transport."""
    inventory = inventories.load(inventory_path)
    store = await SqliteStore.open(state)
    transport = (ways or SshTransport)(inventory, (SCRIPT, DIGEST))
    depot = Depot(state / "artifacts")
    clock, chance = SystemClock(), SystemChance()
    engine = Engine(inventory, await store.load(), store, transport, clock, chance, depot.find, prover=depot)
    await engine.start(take_over)
    loop = asyncio.create_task(engine.run())
    try:
        yield Running(engine)
    finally:
        engine.halt()
        try:
            await loop
        finally:
            await engine.close()
            await transport.close()
            await store.close()


class EngineProcess:
    """``python -m engine`` as a process; ``client`` speaks to it."""

    def __init__(self, inventory: Path, state: Path, *options: str) -> None:
        self.socket = state / "engine.sock"
        self.log = state.parent / f"{state.name}.log"
        command = [sys.executable, "-m", "engine", "-i", str(inventory), "--state", str(state), *options]
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.client = Client(str(self.socket))

    async def ready(self, timeout_s: float = 90.0) -> EngineProcess:
        """Wait until it answers."""
        await eventually(self._answers, timeout_s, lambda: self.log.read_text()[-2000:])
        return self

    async def _answers(self) -> bool:
        if self.child.poll() is not None:
            raise AssertionError(f"the engine ended with {self.child.returncode}: {self.log.read_text()[-2000:]}")
        return self.socket.exists() and await asyncio.to_thread(self._pid) == self.child.pid

    def _pid(self) -> int:
        try:
            return int(self.client.get("/v1/engine")["pid"])
        except InterlockError:
            return 0

    async def get(self, path: str) -> object:
        """One GET, off the loop."""
        return await asyncio.to_thread(self.client.get, path)

    async def post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        """One POST, off the loop."""
        return await asyncio.to_thread(self.client.post, path, body)

    async def kill(self) -> None:
        """kill -9."""
        self.child.kill()
        await asyncio.to_thread(self.child.wait, 10)

    async def terminate(self) -> int:
        """SIGTERM, and its exit status."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.child.wait, 60)

    def __del__(self) -> None:
        if self.child.poll() is None:
            os.kill(self.child.pid, signal.SIGKILL)
            self.child.wait()


async def eventually(
    condition: Callable[[], Awaitable[bool]], timeout_s: float, explain: Callable[[], str] = lambda: ""
) -> None:
    """Poll until it holds; AssertionError with ``explain()`` if it does not in time."""
    try:
        async with asyncio.timeout(timeout_s):
            while not await condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"it did not happen within {timeout_s} s. {explain()}") from None


def switches(home: Path, base: str, service: str) -> list[str]:
    """The names of the steps that a host has carried out for a service, in order."""
    history = home / base / service / ".interlock" / "history"
    return [line.split()[0] for line in history.read_text().splitlines()] if history.exists() else []


def as_json(value: object) -> str:
    """For messages of failing tests."""
    return json.dumps(value, indent=1)[:4000]
