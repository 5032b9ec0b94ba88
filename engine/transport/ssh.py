"""Transport over SSH: the commands of the engine, carried to real hosts by asyncssh.

One connection per host is kept warm and one exec makes one operation. The rest is care about
what may be said when something breaks: "certainly not started" is an exception, "unknown" is
a reply without a status, and "no answer in time" is DeadlinePassed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from engine.errors import DeadlinePassed, HostUnreachable, LoginRefused, TransportError, UsageError
from engine.model.inventory import Inventory
from engine.model.remote import Command, Reply
from engine.transport.connection import Connection
from engine.transport.dial import Dialer
from engine.transport.link import Link
from engine.transport.pace import Pace
from engine.transport.refusal import NOTHING_STARTED, quoted, too_slow
from engine.transport.remote import HostScript, lacks_script, sudo_refusal
from engine.transport.route import Route, routes_of
from engine.transport.session import InputLost, LinkStale
from engine.transport.stage import Stage
from engine.transport.upload import opened, pieces_of

STALE_TRIES = 3


@dataclass(slots=True)
class Call:
    """One ``run`` under way."""

    host: str
    route: Route
    command: Command
    stage: Stage = Stage.CONNECTING

    def reached(self, stage: Stage) -> None:
        """The call has come this far."""
        self.stage = stage


class SshTransport:
    """Implements ``engine.transport.protocol.Transport`` for hosts that run an SSH server.

    ``script`` is the host script and its digest. Belongs to the event loop that first uses it.
    """

    def __init__(self, inventory: Inventory, script: tuple[bytes, str], pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._script = HostScript(*script)
        self._dialer = Dialer(self._pace)
        self._links: dict[Route, Link] = {}
        self._closed = False
        self._sudo = inventory.ssh.sudo
        self._routes = routes_of(inventory)
        logging.getLogger("asyncssh").setLevel(logging.WARNING)

    async def run(self, host: str, command: Command) -> Reply:
        """Run one command of the host script; see the protocol for what is raised when.

        Moreover: a login that sudo refuses is LoginRefused, since the script was not started.
        """
        call = Call(host, self._route(host), command)
        try:
            async with asyncio.timeout(command.timeout_s):
                return await self._carry(call)
        except TimeoutError:
            raise self._late(call) from None

    async def reconfigure(self, inventory: Inventory) -> None:
        """Take up a reloaded inventory. Commands under way finish on the old connections."""
        self._sudo = inventory.ssh.sudo
        self._routes = routes_of(inventory)
        wanted = set(self._routes.values()) | {route.jump for route in self._routes.values() if route.jump}
        for route in [route for route in self._links if route not in wanted]:
            self._links.pop(route).retire()

    def latency_ms(self, host: str) -> float | None:
        """How long the host took to take up the last command sent to it, None before the first."""
        route = self._routes.get(host)
        link = self._links.get(route) if route else None
        return link.latency_ms if link else None

    async def close(self) -> None:
        """Close every connection within a bounded time. Commands on hosts go on there."""
        self._closed = True
        links = list(self._links.values())
        self._links.clear()
        await asyncio.gather(*(link.close() for link in links if link.route.jump))
        await asyncio.gather(*(link.close() for link in links if not link.route.jump))

    def _route(self, host: str) -> Route:
        route = self._routes.get(host)
        if route is None:
            raise UsageError(f"{host} is no host of the inventory")
        return route

    def _link_to(self, route: Route) -> Link:
        if self._closed:
            raise TransportError(f"{route.name} was not asked: the engine is stopping. {NOTHING_STARTED}")
        link = self._links.get(route)
        if link is None:
            jump = self._link_to(route.jump) if route.jump else None
            link = self._links[route] = Link(route, jump, self._dialer, self._pace)
        return link

    async def _carry(self, call: Call) -> Reply:
        """Run the call over a good connection, another one if the first was dead already."""
        for _ in range(STALE_TRIES):
            call.route = self._route(call.host)  # anew: a reload may have changed it
            link = self._link_to(call.route)
            try:
                connection = await (link.renewed() if call.command.fresh else link.connection())
                with connection.in_use():
                    return await self._run_over(link, connection, call)
            except LinkStale:
                call.stage = Stage.CONNECTING
        raise HostUnreachable(f"{call.host} takes connections and loses them at once. {NOTHING_STARTED}")

    async def _run_over(self, link: Link, connection: Connection, call: Call) -> Reply:
        """Run the call, sending the host script first if the host turns out to lack it."""
        known = link.installed
        reply = await self._call(link, connection, call)
        if lacks_script(reply):
            call.stage = Stage.INSTALLING
            await self._install(link, connection, known)
            reply = await self._call(link, connection, call)
        if lacks_script(reply):
            raise TransportError(f"{call.host} loses the host script as soon as it is sent. {NOTHING_STARTED}")
        refusal = sudo_refusal(reply) if self._sudo else ""
        if refusal:
            raise LoginRefused(
                f"{call.host} lets the engine in, but not become root: {quoted(refusal)}. {NOTHING_STARTED} "
                f"Let `interlock doctor --install` allow it there (again, if Interlock was upgraded), allow it in "
                f"sudoers without a password (NOPASSWD), or set `sudo: false` in the ssh section."
            )
        return reply

    async def _call(self, link: Link, connection: Connection, call: Call) -> Reply:
        command = call.command
        line = self._script.run_line(command, self._sudo)
        with contextlib.closing(opened(command.upload)) if command.upload else contextlib.nullcontext() as file:
            try:
                return await link.execute(connection, line, lambda: pieces_of(command.stdin, file), call.reached)
            except InputLost as error:
                return Reply(None, "", f"{command.upload} could not be read to its end while it was sent: {error}")

    async def _install(self, link: Link, connection: Connection, known: int) -> None:
        """Send the host script, unless another call did since ``known`` was read."""
        async with link.installing:
            if link.installed != known:
                return
            line = self._script.install_line()
            reply = await link.execute(connection, line, lambda: pieces_of(self._script.content, None), lambda _: None)
            if reply.status is None:
                raise HostUnreachable(
                    f"{link.route}: the link was lost while the host script was sent. {NOTHING_STARTED}"
                )
            if reply.status != 0:
                raise TransportError(
                    f"{link.route} cannot keep the host script in its login's cache folder (~/.cache/interlock): "
                    f"{quoted(reply.stderr) or f'status {reply.status}'}. {NOTHING_STARTED} "
                    f"The folder must be writable and its disk not full."
                )
            link.installed += 1

    def _late(self, call: Call) -> TransportError:
        """What the passing of the deadline means, by how far the call had come."""
        within_s = call.command.timeout_s
        if call.stage is Stage.SENT:
            return DeadlinePassed(
                f"{call.host} did not answer {call.command.verb} within {within_s:g} s. It may still be running there; "
                f"observe the host before anything is repeated."
            )
        if call.stage is Stage.CONNECTING:
            return too_slow(call.route, within_s)
        if call.stage is Stage.OPENING:
            return HostUnreachable(
                f"{call.host} did not answer within {within_s:g} s over the connection there was. {NOTHING_STARTED} "
                f"The link or the host may be down; the next call connects anew."
            )
        why = "no channel free" if call.stage is Stage.QUEUED else "not taken the host script"
        return TransportError(f"{call.host} had {why} within {within_s:g} s. {NOTHING_STARTED}")
