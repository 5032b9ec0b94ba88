"""The link between the engine and one host, and the transport over all of them: what can go
wrong between asking and being answered, at the whim of the seed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import Random

from engine.errors import DeadlinePassed, HostUnreachable
from engine.model.inventory import Inventory
from engine.model.remote import Command, Reply
from engine.sim.host import SimHost
from engine.sim.verbs import answer

KEEPALIVE_S = 30.0
PROCESS: ContextVar[object] = ContextVar("PROCESS")  # the engine process that a task belongs to


@dataclass(slots=True)
class Link:
    """``is_cut``: no connection can be made, those there were are lost. ``is_half_open``: it
    looks alive and nothing comes through. The chances are per call."""

    is_cut: bool = False
    is_half_open: bool = False
    lost_before: float = 0.0
    lost_after: float = 0.0
    latency_s: float = 0.005
    broken: asyncio.Future[None] = field(default_factory=asyncio.Future)

    def cut(self) -> None:
        """Cut the cable."""
        self.is_cut = True
        self.break_connections()

    def break_connections(self) -> None:
        """Lose every connection there is; new ones may be made if the link is not cut."""
        self.broken.set_result(None)
        self.broken = asyncio.Future()

    def heal(self) -> None:
        """Everything comes through again."""
        self.is_cut = self.is_half_open = False
        self.lost_before = self.lost_after = 0.0
        self.latency_s = 0.005
        self.break_connections()


class SimTransport:
    """Implements engine.transport.protocol.Transport for one engine process. What it started on
    a host goes on there when the engine, or the link, is gone."""

    def __init__(self, hosts: Mapping[str, SimHost], links: Mapping[str, Link], random: Random) -> None:
        self._hosts = hosts
        self._links = links
        self._random = random

    async def run(self, host: str, command: Command) -> Reply:
        """Carry one command, and perhaps its answer."""
        try:
            async with asyncio.timeout(command.timeout_s):
                return await self._carry(self._hosts[host], self._links[host], command)
        except TimeoutError:
            raise DeadlinePassed(f"{host} did not answer {command.verb} within {command.timeout_s:g} s") from None

    async def _carry(self, host: SimHost, link: Link, command: Command) -> Reply:
        await asyncio.sleep(link.latency_s * (3 if command.fresh else 1))
        if link.is_half_open:
            await asyncio.sleep(KEEPALIVE_S)
            return Reply(None)
        if link.is_cut or not host.is_up:
            await asyncio.sleep(self._random.uniform(0.1, 3.0))
            raise HostUnreachable(f"{host.name} cannot be reached: no route to host")
        fate = self._random.random()
        if fate < link.lost_before:
            return Reply(None)
        call = _start(host, command)
        if fate < link.lost_before + link.lost_after:
            await self._lose(call)
            return Reply(None)
        await self._unless_broken(link, call)
        await asyncio.sleep(link.latency_s)
        if not call.done() or call.cancelled() or not host.is_up:
            return Reply(None)
        return call.result()

    async def _lose(self, call: asyncio.Task[Reply]) -> None:
        """The link goes while the command runs, or just after; it may be killed by that."""
        await asyncio.sleep(self._random.choice((0.0, 0.1, 1.0, 5.0)))
        if self._random.random() < 0.3:
            call.cancel()

    async def _unless_broken(self, link: Link, call: asyncio.Task[Reply]) -> None:
        await asyncio.wait((call, link.broken), return_when=asyncio.FIRST_COMPLETED)

    async def reconfigure(self, inventory: Inventory) -> None:
        """Nothing is kept between calls."""

    def latency_ms(self, host: str) -> float | None:
        """As the link has it."""
        return self._links[host].latency_s * 2000

    async def close(self) -> None:
        """Nothing is kept between calls."""


def _start(host: SimHost, command: Command) -> asyncio.Task[Reply]:
    """The command as a process of the host's, not of the engine's."""
    token = PROCESS.set(host)
    try:
        return host.detach(answer(host, command), command.verb)
    finally:
        PROCESS.reset(token)
