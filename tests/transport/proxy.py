"""A TCP proxy with a hand on the wire: cuts, freezes (half-open) and counts connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.transport.ports import free_port


class Proxy:
    """Forwards to one port. ``accepted`` counts the connections it ever took, ``carried`` the
    bytes it carried, both ways."""

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self.accepted = 0
        self.carried = 0
        self.target_port = target_port
        self.delay_s = 0.0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Reset every connection that is open now."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def freeze(self) -> None:
        """Carry nothing any more in either direction, and tell nobody."""
        self._flowing.clear()

    def heal(self) -> None:
        """Carry again."""
        self._flowing.set()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Proxy]:
        """Listen for the duration of the block."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self.cut()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        self._writers.add(onward_writer)
        for source, sink in ((reader, onward_writer), (onward_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(1 << 16):
                await asyncio.sleep(self.delay_s)
                await self._flowing.wait()
                sink.write(data)
                self.carried += len(data)
                await sink.drain()
            sink.write_eof()
        except OSError:
            sink.transport.abort()
