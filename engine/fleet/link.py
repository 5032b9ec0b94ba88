"""The network between an embedded host and everybody else, as something that can fail.

Every connection of a host passes through its ``Link``: whole, it only passes bytes on; *cut*,
connections are reset and new ones refused; *frozen*, they stay open and carry nothing, the way
a link does whose other end has silently gone (half-open). asyncssh calls what it listens
through a tunnel, and takes any object with this ``create_server``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Factory = Callable[[str, int], Any]


class Link:
    """All connections of one host."""

    def __init__(self) -> None:
        self.is_frozen = False
        self._ends: set[End] = set()

    async def create_server(self, factory: Factory, address: str, port: int) -> asyncio.AbstractServer:
        """Listen, with an ``End`` before every protocol that ``factory`` makes. Raises OSError
        if the address is taken."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: End(self, factory("", 0)), address, port)

    def reset(self) -> None:
        """Break every connection at once, with nothing sent any more."""
        for end in list(self._ends):
            end.abort()

    def freeze(self) -> None:
        """Carry nothing any more, in either direction, and keep the connections."""
        self.is_frozen = True

    def thaw(self) -> None:
        """Carry what was held back, and go on."""
        self.is_frozen = False
        for end in list(self._ends):
            end.flush()


class End(asyncio.Protocol):
    """One connection: bytes in, to the protocol behind it, and out through ``Outward``."""

    def __init__(self, link: Link, inner: asyncio.Protocol) -> None:
        self._link = link
        self._inner = inner
        self._held_in: list[bytes] = []
        self._eof_in = False
        self._outward: Outward | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take part in the link, and tell the protocol behind."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # create_server makes no other
        self._link._ends.add(self)
        self._outward = Outward(self._link, transport)
        self._inner.connection_made(self._outward)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over, for whatever reason."""
        self._link._ends.discard(self)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on, or hold back while frozen."""
        if self._link.is_frozen:
            self._held_in.append(data)
        else:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on, or hold back while frozen."""
        if self._link.is_frozen:
            self._eof_in = True
            return True
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Backpressure, passed on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """The end of backpressure, passed on."""
        self._inner.resume_writing()

    def abort(self) -> None:
        """Break this connection."""
        if self._outward:
            self._outward.abort()

    def flush(self) -> None:
        """Deliver what was held back, in both directions."""
        held, self._held_in = self._held_in, []
        for data in held:
            self._inner.data_received(data)
        if self._eof_in:
            self._inner.eof_received()
        if self._outward:
            self._outward.flush()


class Outward(asyncio.Transport):
    """A transport that holds back what is written while the link is frozen."""

    def __init__(self, link: Link, transport: asyncio.Transport) -> None:
        super().__init__()
        self._link = link
        self._transport = transport
        self._held: list[bytes] = []
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or hold back while frozen."""
        if self._link.is_frozen:
            self._held.append(bytes(data))
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close once all is sent; while frozen, not before the thaw."""
        self._closing = True
        if not self._link.is_frozen:
            self._transport.close()

    def abort(self) -> None:
        """Break the connection."""
        self._closing = True
        self._transport.abort()

    def flush(self) -> None:
        """Send what was held back."""
        held, self._held = self._held, []
        if not self._transport.is_closing():
            self._transport.writelines(held)
            if self._closing:
                self._transport.close()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closing or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the socket."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Read nothing for a while."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def is_reading(self) -> bool:
        """Whether bytes are read."""
        return self._transport.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """When backpressure begins and ends."""
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Bytes waiting to be sent."""
        return self._transport.get_write_buffer_size()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Not possible: the link's end stays the protocol of its connection."""
        # The interface demands the method; asyncio calls it for upgrades to TLS, which SSH has no use for.
        raise NotImplementedError("the protocol behind an embedded host's connection cannot be changed")

    def get_protocol(self) -> asyncio.BaseProtocol:
        """The protocol of the real transport."""
        return self._transport.get_protocol()

    def can_write_eof(self) -> bool:
        """SSH never half-closes."""
        return False
