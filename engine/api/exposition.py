"""``--metrics HOST:PORT``: the engine's numbers for a Prometheus server, over TCP, and nothing
else. Whoever reaches the port may read them, so no name of a service, host or person is in them.
"""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import suppress

from engine.api.metrics import CONTENT_TYPE, Metrics
from engine.errors import InterlockError, UsageError

_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]*)):([0-9]{1,5})\Z", re.ASCII)
MAX_HEAD_BYTES = 16_384
PATIENCE_S = 10.0
MAX_OPEN = 32


def parse_address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` or ``[IPV6]:PORT``; no host is every address. Raises UsageError."""
    match = _ADDRESS.match(text)
    if match is None or int(match.group(3)) > 65535:
        raise UsageError(f"--metrics {text[:80]!r} is no HOST:PORT, such as 127.0.0.1:9469 or [::1]:9469.")
    return match.group(1) or match.group(2) or "", int(match.group(3))


class MetricsServer:
    """Answers GET /metrics, one request a connection, from ``start`` to ``stop``."""

    def __init__(self, metrics: Metrics, address: tuple[str, int]) -> None:
        self._metrics, self._address = metrics, address
        self._server: asyncio.Server | None = None
        self._open = 0

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """What it listens on."""
        return tuple(self._server.sockets) if self._server else ()

    async def start(self) -> None:
        """Listen. Raises InterlockError if the address cannot be had."""
        host, port = self._address
        try:
            self._server = await asyncio.start_server(self._serve, host or None, port, limit=MAX_HEAD_BYTES)
        except OSError as error:
            shown = f"[{host}]" if ":" in host else host
            said = error.strerror or str(error)
            raise InterlockError(
                f"The metrics' address {shown}:{port} cannot be had: {said}. Nothing was started; "
                "choose another with --metrics."
            ) from error

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MAX_OPEN:
                async with asyncio.timeout(PATIENCE_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._reply(head))
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # somebody who does not speak HTTP, or has gone
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _reply(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/metrics":
            return _response("404 Not Found", b"Only /metrics is here.\n")
        if method not in (b"GET", b"HEAD"):
            return _response("405 Method Not Allowed", b"Only GET is answered.\n")
        body = self._metrics.text()
        return _response("200 OK", body, CONTENT_TYPE, shown=method == b"GET")


def _response(status: str, body: bytes, kind: str = "text/plain; charset=utf-8", *, shown: bool = True) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + (body if shown else b"")
