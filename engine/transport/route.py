"""How one host is reached, as data: worked out from the inventory, compared at a reload.

Two calls use the same connection exactly when their routes are equal, so that whatever
changes how a host is reached belongs in here and nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.inventory import Host, Inventory, Ssh

DEFAULT_PORT = 22


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one SSH server. ``name`` is what messages call it.

    ``port`` 0 leaves it to ``config`` (else 22); ``user`` "" leaves it to ``config`` (else the
    engine's own); ``known_hosts`` "" is the user's own file. ``jump`` is the server that the
    connection passes through.
    """

    name: str
    address: str
    port: int = DEFAULT_PORT
    user: str = ""
    known_hosts: str = ""
    ca: str = ""
    identity: str = ""
    config: str = ""
    jump: Route | None = None

    def __str__(self) -> str:
        place = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.name} ({place}:{self.port or DEFAULT_PORT})"


def routes_of(inventory: Inventory) -> dict[str, Route]:
    """The route to every host of an inventory, by the host's name."""
    jump = _jump(inventory)
    routes = {}
    for host in inventory.hosts.values():
        through = jump if jump is not None and jump.name != host.name else None
        routes[host.name] = _route(inventory.ssh, host, through)
    return routes


def _route(ssh: Ssh, host: Host, jump: Route | None) -> Route:
    chosen = host.port or ssh.port
    if ssh.config and chosen == DEFAULT_PORT:
        chosen = 0  # nothing was asked for, as far as can be told: a Port line of the config may
    user, identity = host.user or ssh.user, host.identity or ssh.identity
    return Route(host.name, host.address, chosen, user, ssh.known_hosts, ssh.ca, identity, ssh.config, jump)


def _jump(inventory: Inventory) -> Route | None:
    """The route to the jump host, which is a host of the inventory or ``[user@]address[:port]``."""
    written = inventory.ssh.jump
    if not written:
        return None
    host = inventory.hosts.get(written)
    if host is not None:
        return _route(inventory.ssh, host, None)
    user, _, place = written.rpartition("@")
    address, port = _split(place)
    ssh = inventory.ssh
    return Route(written, address, port, user or ssh.user, ssh.known_hosts, ssh.ca, ssh.identity, ssh.config, None)


def _split(place: str) -> tuple[str, int]:
    """``address:port``, ``[v6]:port`` or an address alone, as address and port."""
    if place.startswith("["):
        address, _, rest = place[1:].partition("]")
        return address, int(rest[1:]) if rest[1:].isdecimal() else DEFAULT_PORT
    address, colon, port = place.rpartition(":")
    if not colon or ":" in address or not port.isdecimal():
        return place, DEFAULT_PORT
    return address, int(port)
