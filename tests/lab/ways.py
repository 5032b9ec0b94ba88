"""The real transport, with a test beside it: it counts the calls, and does a deed just before one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from engine.model.inventory import Inventory
from engine.model.remote import Command, Reply
from engine.transport.pace import Pace
from engine.transport.ssh import SshTransport

QUICK = Pace(connect_s=2, keepalive_s=1)
Deed = Callable[[], Awaitable[None]]


class WatchedTransport(SshTransport):
    """``calls`` are the (host, verb) of every call so far; ``deeds`` are done once, before the
    first call of that host and verb is sent. Notices lost links in seconds."""

    def __init__(self, inventory: Inventory, script: tuple[bytes, str]) -> None:
        super().__init__(inventory, script, QUICK)
        self.calls: list[tuple[str, str]] = []
        self.deeds: dict[tuple[str, str], Deed] = {}

    async def run(self, host: str, command: Command) -> Reply:
        """As the transport does."""
        self.calls.append((host, command.verb))
        if deed := self.deeds.pop((host, command.verb), None):
            await deed()
        return await super().run(host, command)
