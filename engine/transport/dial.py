"""Makes SSH connections: one at a time to a host, few at a time to a server, again when sshd
drops what it had not looked at yet. What comes out is a connection whose host key was checked
and whose login is through.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncssh

from engine.errors import TransportError
from engine.transport.hostkeys import HOST_KEY_ALGORITHMS, Witness, trust_for
from engine.transport.identity import Identity, identity_for
from engine.transport.pace import Pace, backoff_s
from engine.transport.refusal import ConnectionDropped, refusal, too_slow
from engine.transport.route import DEFAULT_PORT, Route


class Dialer:
    """Opens connections, within the limits of its ``pace``."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._starts = asyncio.Semaphore(pace.starts)
        self._servers: dict[object, asyncio.Semaphore] = {}

    async def dial(
        self, route: Route, tunnel: asyncssh.SSHClientConnection | None
    ) -> tuple[asyncssh.SSHClientConnection, Witness]:
        """A new connection to ``route``, through ``tunnel`` if one is given, and its witness.

        Raises HostUnreachable, LoginRefused or HostKeyMismatch; nothing was started then.
        """
        identity = await asyncio.to_thread(identity_for, route)
        try:
            async with asyncio.timeout(self._pace.dial_s):
                return await self._try_again(route, tunnel, identity)
        except TimeoutError:
            raise too_slow(route, self._pace.dial_s) from None

    async def _try_again(
        self,
        route: Route,
        tunnel: asyncssh.SSHClientConnection | None,
        identity: Identity,
    ) -> tuple[asyncssh.SSHClientConnection, Witness]:
        attempt = 0
        while True:
            try:
                async with self._starts, self._turn_at(route):
                    return await self._attempt(route, tunnel, identity)
            except ConnectionDropped:
                attempt += 1
                if attempt >= self._pace.attempts:
                    raise
            await asyncio.sleep(backoff_s(attempt))

    async def _attempt(
        self,
        route: Route,
        tunnel: asyncssh.SSHClientConnection | None,
        identity: Identity,
    ) -> tuple[asyncssh.SSHClientConnection, Witness]:
        witness = Witness()
        settings = self._settings(route, identity)
        host, port = await _server_of(route, settings)
        trust = await asyncio.to_thread(trust_for, route, host, port)
        try:
            async with asyncio.timeout(self._pace.connect_s):
                ssh = await asyncssh.connect(
                    route.address,
                    tunnel=tunnel if tunnel is not None else (),
                    client_factory=lambda: witness,
                    known_hosts=trust.as_known_hosts(),
                    server_host_key_algs=HOST_KEY_ALGORITHMS,
                    **settings,
                )
                return ssh, witness
        except TimeoutError:
            raise too_slow(route, self._pace.connect_s) from None
        except Exception as error:  # whatever asyncssh meets, an operator gets a sentence
            raise refusal(route, error, trust, witness, identity.tried) from error

    def _settings(self, route: Route, identity: Identity) -> dict[str, Any]:
        """asyncssh's settings. Nothing is read that the inventory does not name: no
        ~/.ssh/config, no agent but the one chosen, no X.509 bundle."""
        return {
            "port": route.port or (() if route.config else DEFAULT_PORT),
            "config": [route.config] if route.config else None,
            "encryption_algs": "^aes128-gcm@openssh.com",
            "x509_trusted_certs": None,
            "x509_trusted_cert_paths": [],
            "agent_forwarding": False,
            "x11_forwarding": False,
            "connect_timeout": self._pace.connect_s,
            "login_timeout": self._pace.connect_s,
            "keepalive_interval": self._pace.keepalive_s,
            "keepalive_count_max": self._pace.keepalive_count,
            **({"username": route.user} if route.user else {}),
            **identity.options,
        }

    def _turn_at(self, route: Route) -> asyncio.Semaphore:
        """The limit of the bastion that the connection passes, or of the server itself."""
        server: object = route.jump or (route.address, route.port)
        return self._servers.setdefault(server, asyncio.Semaphore(self._pace.starts_per_server))


async def _server_of(route: Route, settings: dict[str, Any]) -> tuple[str, int]:
    """The name and port under which the server's key is recorded; an ssh config may change both."""
    if not route.config:
        return route.address, route.port or DEFAULT_PORT
    try:
        options = await asyncssh.SSHClientConnectionOptions.construct(host=route.address, **settings)
    except (OSError, ValueError, asyncssh.Error) as error:
        raise TransportError(
            f"{route} was not asked: the SSH settings in {route.config} cannot be used: {error}. "
            f"Correct that file, or `config:` of the ssh section."
        ) from error
    return options.host_key_alias or options.host, options.port
