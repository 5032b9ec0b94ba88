"""Everything that ``interlock doctor`` needs, put together: inventory, SSH, an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from engine import inventory as inventories
from engine.doctor.finding import Finding
from engine.doctor.visit import visit
from engine.drivers import DIGEST, SCRIPT
from engine.errors import UsageError
from engine.model.text import did_you_mean, near, printable
from engine.transport.ssh import SshTransport


def examine(
    path: Path, hosts: Sequence[str], *, trust_new: bool = False, install: bool = False, login: str = ""
) -> Iterator[list[Finding]]:
    """Visit these hosts of the inventory at ``path`` (all, if none is named); the findings of each
    as it answers. ``install``: make the host script root's own for the inventory's login; ``login``
    is who logs in for this visit ("" = the inventory's). Raises InventoryInvalid or UsageError."""
    inventory = inventories.load(path)
    usual = {name: host.user or inventory.ssh.user for name, host in inventory.hosts.items()}
    if install and not all(usual.get(host, "-") for host in hosts or usual):
        raise UsageError("ssh.user of the inventory has to name the login that sudoers is to let in.")
    if login:
        everywhere = {name: replace(host, user="") for name, host in inventory.hosts.items()}
        inventory = replace(inventory, ssh=replace(inventory.ssh, user=login), hosts=everywhere)
    for host in hosts:
        if host not in inventory.hosts:
            hint = did_you_mean(near(host, inventory.hosts))
            raise UsageError(f"There is no host {printable(host, 80)!r} in {path}{hint}.")
    loop = asyncio.new_event_loop()
    transport = SshTransport(inventory, (SCRIPT, DIGEST))
    chosen = list(hosts) or sorted(inventory.hosts)
    visiting = visit(inventory, transport, chosen, trust_new=trust_new, install=usual if install else None)
    try:
        while True:
            try:
                yield loop.run_until_complete(anext(visiting))
            except StopAsyncIteration:
                return
    finally:
        loop.run_until_complete(visiting.aclose())
        loop.run_until_complete(transport.close())
        loop.close()
