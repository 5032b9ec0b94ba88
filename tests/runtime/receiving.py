"""What tests of webhooks share: something to tell of, a real HTTP server that notes what it is told, and the
telling itself."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from engine.model.change import Change, Item, Status
from engine.model.hook import SecretSource
from engine.model.scope import Scope
from engine.model.service import Configuration, DriverName
from engine.model.snapshot import Plan, Snapshot
from engine.model.wait import Wait
from engine.model.webhook import Told, Webhook
from engine.runtime import webhooks
from engine.runtime.ports import SystemChance
from engine.runtime.webhooks import Webhooks
from tests import builders
from tests.builders import service, world

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def change(number: int, status: Status, failure: str = "", service: str = "ledger") -> Change:
    item = Item(service, "2", Configuration(DriverName.PROCESS, "", ""), origin="1", status=status, failure=failure)
    return Change(number, "prod", (item,), "ana", NOW, status=status, finished=NOW)


@dataclass
class World:
    """What the engine would show."""

    hooks: tuple[Webhook, ...]
    changes: list[Change] = field(default_factory=list)
    waits: tuple[Wait, ...] = ()

    def look(self) -> tuple[Snapshot, Plan]:
        snapshot = world(service("ledger"))
        state = replace(snapshot.state, changes={each.id: each for each in self.changes})
        inventory = replace(snapshot.inventory, webhooks={each.name: each for each in self.hooks})
        return replace(snapshot, inventory=inventory, state=state), Plan(waits=self.waits)


@dataclass
class Real:
    """What an engine would show whose state came about by events."""

    made: builders.World

    def look(self) -> tuple[Snapshot, Plan]:
        return self.made.snapshot, Plan()


@dataclass
class Heard:
    """A server that notes what is posted, and answers with ``status``; never takes a body that
    holds ``refuses``."""

    port: int = 0
    status: int = 204
    refuses: bytes = b""
    refused: int = 0
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[tuple[str, str]]:
        """Event and subject of everything that was taken."""
        return [(each["event"], each["subject"]) for each in (json.loads(body) for _, body in self.posts)]


@contextmanager
def server() -> Iterator[Heard]:
    """A server on loopback."""
    found = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            takes = found.status < 300 and not (found.refuses and found.refuses in body)
            if takes:
                found.posts.append((dict(self.headers), body))
            else:
                found.refused += 1
            self.send_response(found.status if takes else max(found.status, 400))
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@asynccontextmanager
async def telling(folder: Path, estate: World | Real) -> AsyncIterator[None]:
    running = asyncio.create_task(Webhooks(folder, estate.look, SystemChance()).run())
    try:
        await until((folder / webhooks.FILE).exists)
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def hook(heard: Heard, *events: Told, secret: SecretSource | None = None, scope: Scope | None = None) -> Webhook:
    url = f"http://127.0.0.1:{heard.port}/x?token=t"
    return Webhook("chat", url, events or tuple(Told), secret, scope or Scope())
