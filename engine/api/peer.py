"""Who is at the other end of the socket, as the kernel says it (SO_PEERCRED).

The user's name is taken from the connection and from nothing that is sent over it. Through
``ssh -L`` it is the login's user.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import cast

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from engine.api.user import user_name
from engine.errors import RequestRefused

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


class PeerProtocol(H11Protocol):
    """HTTP/1.1 that puts ``peer_uid`` and ``transport`` into each request's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent does
        """Note who connected before the first byte is read."""
        self.app_state = {**self.app_state, "peer_uid": _uid(transport), "transport": transport}
        super().connection_made(transport)


def _uid(transport: asyncio.Transport) -> int | None:
    peer: socket.socket | None = transport.get_extra_info("socket")
    if peer is None or peer.family != socket.AF_UNIX:
        return None
    _, uid, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return cast(int, uid)


def actor(request: Request) -> str:
    """The name of who makes this request. Raises RequestRefused if the kernel named nobody."""
    uid = getattr(request.state, "peer_uid", None)
    if uid is None:
        raise RequestRefused("This connection has no peer identity: use the engine's Unix socket.")
    return user_name(uid)
