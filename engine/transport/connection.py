"""One SSH connection and who uses it, so that it can be replaced without cutting anybody off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from engine.transport.gate import Gate


class Connection:
    """One SSH connection, with how many use it and whether new calls may.

    ``limit`` is how many channels to ask for at a time.
    """

    def __init__(self, ssh: asyncssh.SSHClientConnection, limit: int) -> None:
        self.ssh = ssh
        self.gate = Gate(limit)
        self._users = 0
        self._retired = False

    @property
    def is_usable(self) -> bool:
        """Whether a new call may use it."""
        return not self._retired and not self.ssh.is_closed()

    def hold(self) -> None:
        """Count one more user."""
        self._users += 1

    def release(self) -> None:
        """Count one user less; the last one closes a retired connection."""
        self._users -= 1
        self._close_if_done()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Hold the connection for a block."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def retire(self) -> None:
        """No new calls; close when the present ones are done."""
        self._retired = True
        self._close_if_done()

    def abort(self) -> None:
        """Cut it now. What runs on the host goes on there."""
        self._retired = True
        self.ssh.abort()

    async def close(self, within_s: float) -> None:
        """Say goodbye, and cut the connection if that takes longer than ``within_s``."""
        self._retired = True
        with contextlib.suppress(TimeoutError, OSError, asyncssh.Error):
            async with asyncio.timeout(within_s):
                self.ssh.close()
                await self.ssh.wait_closed()
        self.ssh.abort()

    def _close_if_done(self) -> None:
        if self._retired and self._users <= 0:
            self.ssh.close()
