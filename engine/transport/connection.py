"""One SSH connection and who uses it, so that it can be replaced without cutting anybody off."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from engine.transport.gate import Gate

_DROPBEAR = re.compile(r"dropbear_(\d+)\.(\d+)")
_DROPBEAR_MENDED = (2024, 86)


class Connection:
    """One SSH connection, with how many use it and whether new calls may.

    ``limit`` is how many channels to ask for at a time; some servers bear only one.
    """

    def __init__(self, ssh: asyncssh.SSHClientConnection, limit: int) -> None:
        self.ssh = ssh
        self.gate = Gate(1 if _bears_one_channel(ssh) else limit)
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


def _bears_one_channel(ssh: asyncssh.SSHClientConnection) -> bool:
    """dropbear before 2024.86 loses a channel, or dies of an assertion with all of them, when
    one command ends between another's opening and its request to run (its issue 321)."""
    found = _DROPBEAR.search(str(ssh.get_extra_info("server_version", "")))
    return found is not None and (int(found[1]), int(found[2])) < _DROPBEAR_MENDED
