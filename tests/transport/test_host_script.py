"""The real host script over the transport: sent on first contact, and it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.drivers.fencing import claim, parse_claim
from engine.drivers.observing import observe, parse_observe
from engine.drivers.script import DIGEST, SCRIPT
from engine.model.observation import Claim
from engine.transport.ssh import SshTransport
from tests.transport.servers import SERVERS
from tests.transport.site import site_at


@pytest.mark.parametrize("kind", SERVERS)
async def test_a_host_is_observed_and_claimed(tmp_path: Path, kind: str) -> None:
    async with SERVERS[kind](tmp_path) as server, site_at(tmp_path, server) as site:
        transport = SshTransport(site.inventory, (SCRIPT, DIGEST))
        try:
            report = parse_observe("h1", await transport.run("h1", observe("acme", [])), [])
            assert (report.host, report.claim) == ("h1", None)
            assert report.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            command = claim("acme", [str(tmp_path / "base")], Claim("store", 3, "engine"))
            assert parse_claim(await transport.run("h1", command)).accepted
        finally:
            await transport.close()
        assert [path.name for path in site.script_files()] == [f"host-{DIGEST}.sh"]
