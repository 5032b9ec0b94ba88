"""A real server on a real socket, in a thread of its own, for tests that speak to it as any
client would."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from engine.api.port import Port
from engine.api.server import ApiServer
from tests.api.small_engine import SmallEngine


class Served:
    """The engine, its server, and a way to do something on their loop."""

    def __init__(self, engine: SmallEngine, server: ApiServer, loop: asyncio.AbstractEventLoop) -> None:
        self.engine = engine
        self.server = server
        self.address = str(server.path)
        self._loop = loop

    def do(self, call: Callable[[], Any]) -> Any:
        """Call something on the engine's loop."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(call())
            except BaseException as error:  # noqa: BLE001  # handed to the waiting thread
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(10)


@contextmanager
def served(path: Path, *, rolling: bool = True, watch_limit: int = 5000) -> Iterator[Served]:
    """A small engine behind ``path``; with ``rolling`` it carries out its plan."""
    ready: Future[Served] = Future()
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(over.set))
        engine = SmallEngine()
        while engine.step():
            pass
        server = ApiServer(cast(Port, engine), path, watch_limit=watch_limit)
        try:
            await server.start()
        except BaseException as error:  # noqa: BLE001  # handed to the waiting thread
            ready.set_exception(error)
            return
        going = [asyncio.create_task(engine.run())] if rolling else []
        ready.set_result(Served(engine, server, loop))
        await over.wait()
        for task in going:
            task.cancel()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    try:
        yield ready.result(15)
    finally:
        for end in stop:
            end()
        thread.join(15)
        assert not thread.is_alive(), "the server did not stop"
