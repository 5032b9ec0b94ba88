"""Doctor at real SSH servers: what it says of good and bad ones, and what it records."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from console.cli.main import run
from engine.doctor.finding import Finding, Severity
from engine.doctor.visit import visit
from engine.drivers.script import DIGEST, SCRIPT
from engine.model.inventory import Inventory
from engine.model.service import Configuration, DriverName, HealthCheck, Service
from engine.transport.ssh import SshTransport
from tests.transport.servers import SERVERS, openssh
from tests.transport.site import QUICK, site_at


def with_a_service(inventory: Inventory, base: Path) -> Inventory:
    health = HealthCheck(http="http://127.0.0.1:1/ok")
    configuration = Configuration(DriverName.PROCESS, str(base), "bin/x", health=health)
    return replace(inventory, services={"x": Service("x", "team", configuration, {"prod": ("h1",)})})


async def examined(inventory: Inventory, *, trust_new: bool = False) -> list[Finding]:
    transport = SshTransport(inventory, (SCRIPT, DIGEST), QUICK)
    try:
        return [each async for found in visit(inventory, transport, ["h1"], trust_new=trust_new) for each in found]
    finally:
        await transport.close()


@pytest.mark.parametrize("kind", SERVERS)
async def test_a_fit_host_of_every_kind(tmp_path: Path, kind: str) -> None:
    async with SERVERS[kind](tmp_path) as server, site_at(tmp_path, server) as site:
        only, *slow = await examined(with_a_service(site.inventory, tmp_path / "base"))
    assert only.severity is Severity.OK, only
    assert {each.rule for each in slow} <= {"slow"}, "a busy machine is only slow"
    assert only.message.startswith(f"{server.user} logs in")
    assert "GB free" in only.message
    assert not (tmp_path / "base").exists(), "it changes nothing"


async def test_a_base_that_cannot_be_written(tmp_path: Path) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        found = await examined(with_a_service(site.inventory, Path("/proc/interlock")))
    assert found[0].severity is Severity.ERROR
    assert {each.rule for each in found} & {"base", "disk"}, "root may write anywhere, but there is no room in it"


@pytest.mark.parametrize("file", ["empty", "missing"])
async def test_a_key_that_is_not_on_record_is_recorded_only_on_request(tmp_path: Path, file: str) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        inventory = with_a_service(site.inventory, tmp_path / "base")
        known = Path(inventory.ssh.known_hosts)
        if file == "empty":
            known.write_text("")
        else:
            known.unlink()  # as in a fleet that `interlock init` has just made
        (refused,) = await examined(inventory)
        assert (refused.severity, refused.rule) == (Severity.ERROR, "host-key")
        assert ("does not exist" in refused.message) == (file == "missing")
        assert not known.exists() or known.read_text() == ""
        assert "--trust-new" in refused.remedy
        recorded, fit, *_ = await examined(inventory, trust_new=True)
        assert (recorded.severity, fit.severity) == (Severity.WARNING, Severity.OK)
        assert server.keys.host_public.split()[1] in known.read_text()
        again, *_ = await examined(inventory)
        assert again.severity is Severity.OK


async def test_a_key_that_differs_from_the_record_is_never_replaced(tmp_path: Path) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        known = Path(site.inventory.ssh.known_hosts)
        other = (tmp_path / "keys" / "user.pub").read_text().split()[1]
        known.write_text(known.read_text().replace(server.keys.host_public.split()[1], other))
        before = known.read_text()
        (refused,) = await examined(site.inventory, trust_new=True)
    assert (refused.severity, refused.rule) == (Severity.ERROR, "host-key")
    assert "somebody else answers at its address" in refused.message
    assert known.read_text() == before


async def test_a_login_that_is_refused_and_a_host_that_is_gone(tmp_path: Path) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        other = replace(site.inventory, ssh=replace(site.inventory.ssh, user="nobody-at-all"))
        (login,) = await examined(other)
    assert (login.severity, login.rule) == (Severity.ERROR, "login")
    (gone,) = await examined(site.inventory)
    assert (gone.severity, gone.rule) == (Severity.ERROR, "reach")


async def test_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with openssh(tmp_path) as server, site_at(tmp_path, server) as site:
        ssh = site.inventory.ssh
        file = tmp_path / "interlock.yaml"
        lines = (
            "organization: acme",
            "environments: {prod: {}}",
            "domains: {eu: {}}",
            f"ssh: {{user: {ssh.user}, identity: {ssh.identity}, known_hosts: {ssh.known_hosts}}}",
            "hosts:",
            f"  h1: {{address: 127.0.0.1, port: {site.inventory.hosts['h1'].port}, environment: prod, domain: eu}}",
        )
        file.write_text("\n".join(lines))
        assert await asyncio.to_thread(run, ["doctor", "-i", str(file)]) == 0
        out, err = capfd.readouterr()
        assert out.startswith("h1                   ok       ")
        assert "the host is fit" in err
        assert await asyncio.to_thread(run, ["doctor", "host1", "-i", str(file)]) == 2
        assert "There is no host 'host1' in" in capfd.readouterr().err
        Path(ssh.known_hosts).write_text("")
        assert await asyncio.to_thread(run, ["doctor", "-i", str(file), "-o", "json"]) == 1
        out, err = capfd.readouterr()
        assert [each["rule"] for each in json.loads(out)] == ["host-key"]
        assert "1 of 1 hosts cannot be relied on: h1" in err
