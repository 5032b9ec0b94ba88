"""A real server on a real socket, in a thread of its own, for tests that speak to it as any
client would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import cast

from engine.api.port import Port
from engine.api.server import ApiServer
from tests.api.small_engine import SmallEngine
from tests.aside import OnLoop, aside


class Served(OnLoop):
    """The engine and its server."""

    def __init__(self, engine: SmallEngine, server: ApiServer) -> None:
        super().__init__()
        self.engine = engine
        self.server = server
        self.address = str(server.path)


@asynccontextmanager
async def _serving(path: Path, rolling: bool, watch_limit: int) -> AsyncIterator[Served]:
    engine = SmallEngine()
    while engine.step():
        pass
    server = ApiServer(cast(Port, engine), path, watch_limit=watch_limit)
    await server.start()
    going = asyncio.create_task(engine.run()) if rolling else None
    yield Served(engine, server)
    if going:
        going.cancel()
    await server.stop()


def served(path: Path, *, rolling: bool = True, watch_limit: int = 5000) -> AbstractContextManager[Served]:
    """A small engine behind ``path``; with ``rolling`` it carries out its plan."""
    return aside(lambda: _serving(path, rolling, watch_limit))
