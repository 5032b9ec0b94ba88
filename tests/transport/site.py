"""One server behind a proxy, an inventory that names it, and a transport: what most tests need."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.model.inventory import Domain, Environment, Host, Inventory, Ssh
from engine.model.remote import Command
from engine.transport.pace import Pace
from engine.transport.ssh import SshTransport
from tests.transport.proxy import Proxy
from tests.transport.script import DIGEST, SCRIPT
from tests.transport.servers import Server

QUICK = Pace(connect_s=4, dial_s=8, keepalive_s=0.4, keepalive_count=3, refused_s=0.6, linger_s=1, close_s=1)


def inventory_of(hosts: dict[str, int], **ssh: Any) -> Inventory:
    """An inventory of hosts on loopback, by name and port."""
    return Inventory(
        organization="test",
        environments={"prod": Environment("prod")},
        teams={},
        domains={"zone": Domain("zone")},
        hosts={name: Host(name, "127.0.0.1", "prod", "zone", port=port) for name, port in hosts.items()},
        services={},
        ssh=Ssh(**ssh),
    )


def known_hosts(path: Path, *entries: tuple[int, str]) -> str:
    """A known_hosts file that records public keys by port."""
    path.write_text("".join(f"[127.0.0.1]:{port} {key}\n" for port, key in entries))
    return str(path)


def command(verb: str, timeout_s: float = 20.0, **args: Any) -> Command:
    """A command of the test's host script."""
    return Command(verb, tuple((key, str(value)) for key, value in args.items()), timeout_s=timeout_s)


@dataclass
class Site:
    """Everything about one server under test; its host is called ``h1``."""

    folder: Path
    server: Server
    proxy: Proxy
    inventory: Inventory
    transport: SshTransport

    def script_files(self) -> list[Path]:
        """The host scripts that the server keeps."""
        return sorted((self.server.cache / "interlock").glob("*"))

    def runs(self, file: Path) -> int:
        """How often ``note`` ran with ``file``."""
        return len(file.read_text().splitlines()) if file.exists() else 0


@contextlib.asynccontextmanager
async def site_at(folder: Path, server: Server, pace: Pace = QUICK, **ssh: Any) -> AsyncIterator[Site]:
    """A site at a server that runs."""
    async with Proxy(server.port).serving() as proxy:
        settings = {
            "user": server.user,
            "identity": str(server.keys.user),
            "known_hosts": known_hosts(folder / "known_hosts", (proxy.port, server.keys.host_public)),
            **ssh,
        }
        inventory = inventory_of({"h1": proxy.port}, **settings)
        transport = SshTransport(inventory, (SCRIPT, DIGEST), pace)
        try:
            yield Site(folder, server, proxy, inventory, transport)
        finally:
            proxy.heal()
            await transport.close()
