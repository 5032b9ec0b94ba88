"""One command on one connection: an exec channel without a terminal, input streamed to its
end of file, output kept up to a limit and drained beyond it.

The object knows how far the command came, which decides whether a lost link means "certainly
not started" or "unknown": before the channel is open nothing can have run; once it is, the
request to run may have arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncssh

from engine.model.remote import Reply

STDOUT_KEPT = 1 << 20
STDERR_KEPT = 1 << 18


class ChannelRefused(Exception):
    """The server keeps the connection and grants no channel now; nothing was started."""


class LinkStale(Exception):
    """The connection turned out to be gone before the command was sent; nothing was started."""


class InputLost(Exception):
    """The file being sent cannot be read any further; what the command did with its half is unknown."""


class Session(asyncssh.SSHClientSession[bytes]):
    """What comes back on one channel."""

    def __init__(self, on_open: Callable[[], None]) -> None:
        self._on_open = on_open
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None
        self.started = False
        self.status: int | None = None
        self.signal = ""
        self.truncated = False
        self._kept: dict[int | None, bytearray] = {None: bytearray(), asyncssh.EXTENDED_DATA_STDERR: bytearray()}
        self._writable = asyncio.Event()
        self._writable.set()
        self._exited = asyncio.Event()
        self._closed = asyncio.Event()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """The channel is open; the request to run is sent next."""
        self.channel = chan
        self._on_open()

    def session_started(self) -> None:
        """The server has taken the request to run."""
        self.started = True

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Keep output up to the limit; the rest is read and dropped, so that it blocks nobody."""
        kept = self._kept[datatype]
        room = (STDOUT_KEPT if datatype is None else STDERR_KEPT) - len(kept)
        self.truncated = self.truncated or len(data) > room
        kept += data[: max(0, room)]

    def eof_received(self) -> bool:
        """The command says no more; our own side stays open until its input is sent."""
        return True

    def exit_status_received(self, status: int) -> None:
        """The command ended."""
        self.status = status
        self._exited.set()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        """The command was killed: how far it came is not known."""
        self.signal = signal
        self._exited.set()

    def pause_writing(self) -> None:
        """The host does not keep up with our input."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """There is room for more input."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is closed, in good order or with its connection."""
        self._closed.set()
        self._exited.set()
        self._writable.set()

    async def feed(self, pieces: AsyncIterator[bytes]) -> None:
        """Send input to its end; stop quietly if the command no longer reads."""
        try:
            async for piece in pieces:
                await self._writable.wait()
                if self.channel is None or self._closed.is_set():
                    return
                self.channel.write(piece)
            if self.channel is not None:
                self.channel.write_eof()
        except BrokenPipeError:
            return

    async def ended(self, linger_s: float) -> None:
        """Wait for the channel to close. A process left behind on the host may hold it open for
        ever, so after the exit status only ``linger_s`` are given to output under way."""
        await self._exited.wait()
        try:
            async with asyncio.timeout(linger_s):
                await self._closed.wait()
        except TimeoutError:
            return

    def reply(self) -> Reply:
        """What has come back, as it stands."""
        stderr = self._text(asyncssh.EXTENDED_DATA_STDERR)
        if self.signal:
            stderr += f"\n(killed by signal {self.signal})"
        return Reply(self.status, self._text(None), stderr, self.truncated)

    def _text(self, datatype: int | None) -> str:
        return self._kept[datatype].decode("utf-8", "replace")


async def execute(
    connection: asyncssh.SSHClientConnection,
    line: str,
    pieces: AsyncIterator[bytes],
    session: Session,
    linger_s: float,
) -> Reply:
    """Run ``line`` on the host, feed it ``pieces``, and return its reply.

    A status of None means that the link was lost, or the command killed, after it may have
    begun. Raises ChannelRefused or LinkStale when it certainly was not started. Cancelled (a
    deadline), it closes the channel and leaves the command to the host.
    """
    try:
        if not await _open(connection, line, session):
            return session.reply()
        try:
            await session.feed(pieces)
        except OSError as error:
            raise InputLost(str(error)) from error
        await session.ended(linger_s)
        return session.reply()
    finally:
        if session.channel is not None:
            session.channel.abort()


async def _open(connection: asyncssh.SSHClientConnection, line: str, session: Session) -> bool:
    """Open the channel and request the command; False if the link was lost over the request."""
    try:
        await connection.create_session(
            lambda: session, line, env={}, send_env=[], request_pty=False, x11_forwarding=False, encoding=None
        )
    except (asyncssh.Error, OSError) as error:
        if session.channel is None:
            if connection.is_closed() or not isinstance(error, asyncssh.ChannelOpenError):
                raise LinkStale(str(error)) from error
            raise ChannelRefused(error.reason) from error
        if connection.is_closed() or not isinstance(error, asyncssh.ChannelOpenError):
            return False
        raise ChannelRefused(f"it refuses to run commands ({error.reason})") from error
    return True
