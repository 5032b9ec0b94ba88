"""The seam between the engine and the outside: whoever implements ``Transport`` can be the
fleet. asyncssh does it for real hosts, the simulator for simulated ones; one suite of tests
holds both to the same behaviour.
"""

from __future__ import annotations

from typing import Protocol

from engine.model.inventory import Inventory
from engine.model.remote import Command, Reply


class Transport(Protocol):
    """Runs commands on hosts by name."""

    async def run(self, host: str, command: Command) -> Reply:
        """Run one command of the host script and return its reply.

        Never raises for anything the host does: a lost link is ``Reply(status=None)``. Raises
        a ``TransportError`` only when the command was certainly not started (no connection,
        login refused, wrong host key) or, as ``DeadlinePassed``, when ``timeout_s`` is over
        (it may still be running). Safe to call concurrently; one call per host at a time is
        not assumed.
        """

    async def reconfigure(self, inventory: Inventory) -> None:
        """Take up a reloaded inventory: forget connections whose host or settings changed."""

    def latency_ms(self, host: str) -> float | None:
        """How long the last call to the host took to be answered, None if never."""

    async def close(self) -> None:
        """Close every connection. Commands still running on hosts go on there."""
