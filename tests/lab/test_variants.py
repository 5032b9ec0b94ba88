"""Hosts of other kinds: a rollout through the real engine on each, and what doctor says of them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.doctor.clinic import examine
from engine.doctor.finding import Finding, Severity
from engine.model.change import Status
from tests.lab.estate import Estate
from tests.lab.variants import BUSYBOX, CERTIFIED, DROPBEAR, HARDENED, LATE, Variant
from tests.runtime.running import running_engine

PORT = 8760
KINDS = {"h1": HARDENED, "h2": DROPBEAR, "h3": BUSYBOX, "h4": LATE}
QUICK = "min_healthy_time: 500ms, healthy_deadline: 15s, progress_deadline: 60s, confirm_timeout: 10s, max_parallel: 4"


@pytest.fixture
async def odd(estate: Estate) -> AsyncIterator[Estate]:
    """The estate; whatever the first four hosts have become, they are put back."""
    try:
        yield estate
    finally:
        await asyncio.gather(*(asyncio.to_thread(Variant(estate, host).restore) for host in KINDS))


async def rolls(estate: Estate, inventory: Path, hosts: list[str], state: Path) -> None:
    """A first installation and the next release, on all these hosts at once."""
    async with running_engine(inventory, state) as running:
        for version in ("1.0", "2.0"):
            change = await running.done(await running.deploy(web=version), timeout_s=60)
            assert change.status is Status.SUCCEEDED, change.item("web").failure
        assert {estate.reported(host, PORT) for host in hosts} == {"2.0"}
        await running.until(lambda: running.state("web@prod") == "converged", 20)


async def found(inventory: Path, *hosts: str) -> dict[str, list[Finding]]:
    """What doctor finds, by host."""
    findings = await asyncio.to_thread(lambda: [each for of_host in examine(inventory, hosts) for each in of_host])
    return {host: [each for each in findings if each.host == host] for host in hosts}


def declare(estate: Estate, hosts: list[str], **more: str) -> Path:
    """web on these hosts, all at once."""
    for version in ("1.0", "2.0"):
        estate.artifact("web", version)
    return estate.inventory(estate.service("web", hosts, PORT, rollout=QUICK), **more)


async def test_hardened_dropbear_busybox_and_a_wrong_clock(odd: Estate, tmp_path: Path) -> None:
    await asyncio.gather(*(asyncio.to_thread(Variant(odd, host).become, kind) for host, kind in KINDS.items()))
    inventory = declare(odd, list(KINDS))
    said = await found(inventory, *KINDS)
    assert [each.severity for host in ("h1", "h2", "h3") for each in said[host]] == [Severity.OK] * 3, said
    ready, clock = said["h4"]
    assert (ready.rule, clock.rule, clock.severity) == ("ready", "clock", Severity.WARNING)
    assert "s behind this one" in clock.message
    assert 3590 < float(clock.message.split()[3]) < 3610
    await rolls(odd, inventory, list(KINDS), tmp_path / "state")


async def test_doctor_names_what_a_host_lacks(odd: Estate) -> None:
    inventory = declare(odd, ["h1", "h2", "h3", "h4"])
    scripts = {
        "h1": "rm /etc/sudoers.d/deploy",
        "h2": "cd /usr/bin; for each in curl busybox; do mv $each $each.away; done",
        "h3": "mkdir -p /opt/interlock && mount -t tmpfs -o size=1m tmpfs /opt/interlock",
        "h4": "mkdir -p /opt/interlock && mount -t tmpfs -o size=1g,ro tmpfs /opt/interlock",
    }
    try:
        await asyncio.gather(*(asyncio.to_thread(Variant(odd, host).become, each) for host, each in scripts.items()))
        said = await found(inventory, *scripts)
        assert "sudo" in said["h1"][0].message
        assert [each.rule for each in said["h2"]] == ["tool"]
        assert [each.rule for each in said["h3"]] == ["disk"]
        assert [each.rule for each in said["h4"]] == ["base"]
        assert all(each[0].severity is Severity.ERROR for each in said.values())
    finally:
        back = {
            "h1": "echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/deploy; chmod 440 /etc/sudoers.d/deploy",
            "h2": "cd /usr/bin; for each in *.away; do mv $each ${each%.away}; done",
            "h3": "umount --lazy /opt/interlock",
            "h4": "umount --lazy /opt/interlock",
        }
        await asyncio.gather(*(asyncio.to_thread(Variant(odd, host).become, each) for host, each in back.items()))


async def test_through_a_jump_host_with_certificates_alone(odd: Estate, tmp_path: Path) -> None:
    """No host key is on record and no user key authorized: two authorities vouch for all."""
    authority = await asyncio.to_thread(certify, odd, tmp_path)
    trust = f"  identity: {tmp_path}/key\n  known_hosts: {tmp_path}/empty\n  ca: {authority}\n"
    inventory = declare(odd, ["h2", "h3"], trust=trust, ssh="  jump: h1\n")
    said = await found(inventory, "h1", "h2", "h3")
    assert [each[0].rule for each in said.values()] == ["ready"] * 3, said
    await rolls(odd, inventory, ["h2", "h3"], tmp_path / "state")


def certify(estate: Estate, folder: Path) -> Path:
    """Have h1 to h3 show certificates and believe one; the public key of the hosts' authority."""
    keygen = ("ssh-keygen", "-q")
    for name in ("hosts", "users", "key"):
        subprocess.run([*keygen, "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    subprocess.run([*keygen, "-s", folder / "users", "-I", "engine", "-n", "deploy", folder / "key.pub"], check=True)
    (folder / "empty").touch()
    for host in ("h1", "h2", "h3"):
        machine, variant = estate.machine(host), Variant(estate, host)
        public = folder / f"{host}.pub"
        public.write_text(machine.host_key + "\n")
        subprocess.run([*keygen, "-s", folder / "hosts", "-I", host, "-h", "-n", machine.address, public], check=True)
        variant.put("/etc/ssh/ssh_host_ed25519_key-cert.pub", (folder / f"{host}-cert.pub").read_text())
        variant.put("/etc/ssh/user_ca.pub", (folder / "users.pub").read_text())
        variant.become(CERTIFIED)
    return folder / "hosts.pub"
