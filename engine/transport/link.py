"""The way into one host: one connection that is made on demand, kept warm, shared by all
calls, and replaced when it is lost, distrusted or asked to be new.

A connection that is replaced is not cut: commands that still run over it finish first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from engine.errors import HostUnreachable, LoginRefused, TransportError
from engine.model.remote import Reply
from engine.transport.connection import Connection
from engine.transport.dial import Dialer
from engine.transport.pace import Pace, backoff_s
from engine.transport.refusal import quoted
from engine.transport.route import Route
from engine.transport.session import ChannelRefused, LinkStale, Session, execute
from engine.transport.stage import Stage

PATIENCE = 6  # times that a host may refuse a channel while we have none open


class Link:
    """One host's connection and what was learned about the host.

    ``latency_ms`` is how long the host took to accept the last command, None before the first.
    ``installing`` guards the sending of the host script: once for all calls that miss it.
    """

    def __init__(self, route: Route, jump: Link | None, dialer: Dialer, pace: Pace) -> None:
        self.route = route
        self.latency_ms: float | None = None
        self.installing = asyncio.Lock()
        self.installed = 0
        self._jump = jump
        self._dialer = dialer
        self._pace = pace
        self._channels = pace.channels
        self._pooled: Connection | None = None
        self._all: set[Connection] = set()
        self._dialling = asyncio.Lock()
        self._shared: asyncio.Task[Connection] | None = None
        self._refused: LoginRefused | None = None
        self._refusals = 0
        self._not_before_s = 0.0
        self._ended = False

    async def connection(self) -> Connection:
        """The pooled connection, or a new one made for everybody who waits for it.

        Raises LinkStale if the host is no longer reached this way.
        """
        if self._ended:
            raise LinkStale("replaced")
        if self._pooled is not None and self._pooled.is_usable:
            return self._pooled
        if self._shared is None:
            self._shared = asyncio.create_task(self._dial_unless_pooled(), name=f"connect to {self.route.name}")
            self._shared.add_done_callback(self._shared_done)
        shared = self._shared
        try:
            return await asyncio.shield(shared)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if shared.cancelled() and task is not None and not task.cancelling():
                raise LinkStale("closed") from None  # it was the dialling that was given up, not this call
            raise

    async def renewed(self) -> Connection:
        """A connection opened after this call was made; it becomes the pooled one.

        Raises LinkStale if the host is no longer reached this way.
        """
        if self._ended:
            raise LinkStale("replaced")
        async with self._dialling:
            return await self._dial()

    async def execute(
        self,
        connection: Connection,
        line: str,
        pieces: Callable[[], AsyncIterator[bytes]],
        on_stage: Callable[[Stage], None],
    ) -> Reply:
        """Run ``line`` over ``connection`` when a channel is free.

        ``on_stage`` is told how far it has come. Raises LinkStale if the connection is
        gone and LoginRefused if the host grants no channel at all; nothing was started then.
        """
        refusals = 0
        while True:
            on_stage(Stage.QUEUED)
            async with connection.gate:
                on_stage(Stage.OPENING)
                try:
                    return await self._execute_now(connection, line, pieces(), on_stage)
                except ChannelRefused as refused:
                    reason = str(refused)
            refusals += 1
            if connection.gate.open == 0 and refusals >= PATIENCE:
                raise LoginRefused(
                    f"{self.route} lets the engine in and refuses every command ({quoted(reason)}). Nothing was "
                    f"started there. Check MaxSessions and ForceCommand of its sshd, and the login's shell."
                )
            if refusals > 1:  # the first may only mean that it has not tidied up the last channel yet
                connection.gate.refused()
                self._channels = min(self._channels, connection.gate.limit)
            await asyncio.sleep(backoff_s(refusals, first_s=0.02, most_s=1.0))

    async def close(self) -> None:
        """Close every connection, cutting those that do not answer."""
        self._ended = True
        if self._shared is not None:
            self._shared.cancel()
        await asyncio.gather(*(connection.close(self._pace.close_s) for connection in self._all))

    def retire(self) -> None:
        """The host is no longer reached this way: let running commands finish, take no new ones."""
        self._ended = True
        for connection in tuple(self._all):
            connection.retire()

    def distrust(self, connection: Connection) -> None:
        """It did not answer in time: take another one from now on."""
        connection.retire()
        if self._pooled is connection:
            self._pooled = None

    async def _execute_now(
        self, connection: Connection, line: str, pieces: AsyncIterator[bytes], on_stage: Callable[[Stage], None]
    ) -> Reply:
        clock = asyncio.get_running_loop().time
        asked_s = clock()

        def opened() -> None:
            connection.gate.granted()
            self.latency_ms = (clock() - asked_s) * 1000
            on_stage(Stage.SENT)

        session = Session(opened)
        try:
            return await execute(connection.ssh, line, pieces, session, self._pace.linger_s)
        except asyncio.CancelledError:
            self.distrust(connection)  # a channel may be left half open, and the link may be dead
            raise
        finally:
            if session.channel is not None:
                connection.gate.closed()

    async def _dial_unless_pooled(self) -> Connection:
        async with self._dialling:
            if self._pooled is not None and self._pooled.is_usable:
                return self._pooled
            return await self._dial()

    async def _dial(self) -> Connection:
        """Connect, holding ``_dialling``: one login at a time, and a pause after a refused one."""
        clock = asyncio.get_running_loop().time
        if self._refused is not None and clock() < self._not_before_s:
            raise LoginRefused(f"{self._refused} Not tried again for another {self._not_before_s - clock():.0f} s.")
        through = await self._through()
        try:
            connection = await self._dial_again(through)
        except LoginRefused as refused:
            pause_s = min(self._pace.refused_most_s, self._pace.refused_s * 2**self._refusals)
            self._refused, self._refusals = refused, self._refusals + 1
            self._not_before_s = clock() + pause_s
            raise
        self._refused, self._refusals = None, 0
        self._all = {other for other in self._all if not other.ssh.is_closed()} | {connection}
        before, self._pooled = self._pooled, connection
        if before is not None:
            before.retire()
        if self._ended:
            connection.retire()
        return connection

    async def _through(self) -> Connection | None:
        """The connection to the jump host, if there is one to pass."""
        if self._jump is None:
            return None
        try:
            return await self._jump.connection()
        except TransportError as error:
            raise type(error)(f"{self.route} is reached through {self._jump.route.name}, and: {error}") from error

    async def _dial_again(self, through: Connection | None) -> Connection:
        """Connect; once more if it was the jump host's connection that turned out to be dead."""
        try:
            return await self._dial_through(through)
        except HostUnreachable:
            if through is None or through.is_usable:
                raise
        return await self._dial_through(await self._through())

    async def _dial_through(self, through: Connection | None) -> Connection:
        """Connect over the jump host's connection, which is held until ours is lost."""
        if through is None:
            ssh, _ = await self._dialer.dial(self.route, None)
            return Connection(ssh, self._channels)
        through.hold()
        try:
            ssh, witness = await self._dialer.dial(self.route, through.ssh)
        except BaseException:
            through.release()
            raise
        witness.on_loss(through.release)
        return Connection(ssh, self._channels)

    def _shared_done(self, task: asyncio.Task[Connection]) -> None:
        self._shared = None
        if not task.cancelled():
            task.exception()  # everybody who waited may be gone
