"""HTTP over the engine's Unix socket: one exchange, one stream, and what their failures mean."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Any, cast

from engine.api.address import SCHEME, connect
from engine.api.protocol import WatchEvent
from engine.api.shape import misfit
from engine.errors import EngineUnreachable, InterlockError, RequestRefused, UsageError
from engine.model.text import printable

REFUSED = frozenset({403, 409})
Params = Mapping[str, str | int | None]


class UnixConnection(HTTPConnection):
    """HTTP over a Unix socket; ``address`` is its path, or an ``ssh://`` address."""

    def __init__(self, address: str, timeout_s: float | None) -> None:
        super().__init__("engine", timeout=timeout_s)
        self.address = address
        self.socket: socket.socket | None = None

    def connect(self) -> None:
        if self.address.startswith(SCHEME):
            from engine.api.tunnel import connect_through  # only who needs it pays for it

            self.sock = self.socket = connect_through(self.address, self.timeout)
        else:
            self.sock = self.socket = connect(self.address, self.timeout)


class Stream:
    """The change stream: an iterator of events that ends when the engine closes it.

    ``close`` may be called from another thread and ends the iteration at once.
    """

    def __init__(self, connection: UnixConnection, response: HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self._address = connection.address
        self._socket = connection.socket
        self._closed = False

    def __iter__(self) -> Iterator[WatchEvent]:
        """Every event as it comes. Raises EngineUnreachable if the engine goes away."""
        while not self._closed:
            try:
                line = self._response.readline()
            except TimeoutError:
                raise
            except (OSError, HTTPException, ValueError, AttributeError) as error:
                if self._closed:
                    return
                raise EngineUnreachable(f"The engine at {self._address} went away: {error or 'cut off'}.") from error
            if not line:
                return
            if line.strip():
                event = decoded(line, self._address)
                if wrong := misfit(event, WatchEvent):
                    raise no_engine(self._address, f"WatchEvent{wrong}")
                yield cast(WatchEvent, event)

    def set_timeout(self, timeout_s: float | None) -> None:
        """Make a wait for the next event raise TimeoutError after ``timeout_s``; the stream
        cannot be read on after that."""
        if self._socket is not None:
            self._socket.settimeout(timeout_s)

    def close(self) -> None:
        """End the stream."""
        self._closed = True
        if self._socket is not None:
            with suppress(OSError):  # the engine was quicker
                self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        self._response.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def decoded(data: bytes, address: str) -> Any:
    """The JSON of an answer. Raises EngineUnreachable if it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise no_engine(address, "its answer is no JSON") from None


def no_engine(address: str, why: str) -> EngineUnreachable:
    """Something answers at the address, and it speaks another language."""
    return EngineUnreachable(f"What answers at {address} is not an engine of this version: {printable(why, 300)}.")


def unreachable(address: str, error: Exception) -> EngineUnreachable:
    """The error as a sentence, with the likely cause."""
    if address.startswith(SCHEME):
        from engine.api.tunnel import tunnel_to

        words = tunnel_to(address).words() or str(error) or type(error).__name__
        if "open failed" in words:
            words += " (no engine listens there, its socket is not for this user, or sshd has AllowTcpForwarding no)"
        return EngineUnreachable(f"No engine can be reached at {address}: {words}.")
    if isinstance(error, FileNotFoundError):
        cause = "there is no socket"
    elif isinstance(error, ConnectionRefusedError):
        cause = "the socket is there, but its engine is gone"
    elif isinstance(error, PermissionError):
        cause = "this user may not use the socket (its group may)"
    elif isinstance(error, TimeoutError):
        cause = "it does not answer in time"
    else:
        cause = str(error) or type(error).__name__
    return EngineUnreachable(
        f"No engine can be reached at {address}: {cause}. Start one with `interlock engine`, or name another with "
        "--engine or --state."
    )


def error_of(status: int, body: bytes, address: str) -> InterlockError:
    """The error that an answer other than 200 stands for."""
    try:
        sentence = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        sentence = f"The engine at {address} answered with HTTP status {status} and no explanation; its log has more."
    if status in REFUSED:
        return RequestRefused(sentence)
    if 400 <= status < 500:
        return UsageError(sentence)
    return InterlockError(sentence)
