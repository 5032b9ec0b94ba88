"""Hosts of other kinds: a rollout through the real engine on each, and what doctor says of them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.doctor.clinic import examine
from engine.doctor.finding import Finding, Severity
from engine.model.change import Status
from tests.lab.estate import Estate
from tests.lab.together import Played, side_by_side
from tests.lab.variants import BUSYBOX, CERTIFIED, DROPBEAR, HARDENED, LATE, Variant
from tests.runtime.running import running_engine

PORT = 8760
KINDS = (HARDENED, DROPBEAR, BUSYBOX, LATE)
QUICK = "min_healthy_time: 500ms, healthy_deadline: 15s, progress_deadline: 60s, confirm_timeout: 10s, max_parallel: 4"


@asynccontextmanager
async def put_back(estate: Estate) -> AsyncIterator[list[str]]:
    """The estate's hosts; whatever they become in the block, they are as before after it."""
    hosts = [machine.name for machine in estate.machines]
    try:
        yield hosts
    finally:
        await asyncio.gather(*(asyncio.to_thread(Variant(estate, host).restore) for host in hosts))


async def become(estate: Estate, scripts: Mapping[str, str]) -> None:
    """Turn these hosts into something else, all at once."""
    await asyncio.gather(*(asyncio.to_thread(Variant(estate, host).become, each) for host, each in scripts.items()))


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


async def hardened_dropbear_busybox_and_a_wrong_clock(estate: Estate) -> None:
    async with put_back(estate) as hosts:
        await become(estate, dict(zip(hosts, KINDS, strict=True)))
        inventory = declare(estate, hosts)
        await allow_the_script_alone(estate, inventory, hosts[0])
        said = await found(inventory, *hosts)
        assert [each.severity for host in hosts[:3] for each in said[host]] == [Severity.OK] * 3, said
        ready, clock = said[hosts[3]]
        assert (ready.rule, clock.rule, clock.severity) == ("ready", "clock", Severity.WARNING)
        assert "s behind this one" in clock.message
        assert 3590 < float(clock.message.split()[3]) < 3610
        await rolls(estate, inventory, hosts, estate.folder / "state")
        assert "a password is required" in await as_deploy(estate, hosts[0], "sudo -n true")


async def allow_the_script_alone(estate: Estate, inventory: Path, host: str) -> None:
    """Have doctor make the host script root's own there; from then on sudo runs that and nothing else."""
    (said,) = await asyncio.to_thread(lambda: list(examine(inventory, [host], install=True)))
    assert said[-1].rule == "install", said
    assert "NOPASSWD: sha256:" in said[-1].message
    await become(estate, {host: "rm /etc/sudoers.d/deploy"})


async def as_deploy(estate: Estate, host: str, command: str) -> str:
    """What a command of the login says there."""
    words = ("su", "deploy", "-c", f"{command} 2>&1 || true")
    return await asyncio.to_thread(estate.lab.exec, estate.machine(host), *words)


async def doctor_names_what_a_host_lacks(estate: Estate) -> None:
    hosts = one, two, three, four = [machine.name for machine in estate.machines]
    inventory = declare(estate, hosts)
    scripts = {
        one: "rm /etc/sudoers.d/deploy",
        two: "cd /usr/bin; for each in curl busybox; do mv $each $each.away; done",
        three: "mkdir -p /opt/interlock && mount -t tmpfs -o size=1m tmpfs /opt/interlock",
        four: "mkdir -p /opt/interlock && mount -t tmpfs -o size=1g,ro tmpfs /opt/interlock",
    }
    try:
        await become(estate, scripts)
        said = await found(inventory, *hosts)
        assert "sudo" in said[one][0].message
        assert [each.rule for each in said[two]] == ["tool"]
        assert [each.rule for each in said[three]] == ["disk"]
        assert [each.rule for each in said[four]] == ["base"]
        assert all(each[0].severity is Severity.ERROR for each in said.values())
    finally:
        back = {
            one: "echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/deploy; chmod 440 /etc/sudoers.d/deploy",
            two: "cd /usr/bin; for each in *.away; do mv $each ${each%.away}; done",
            three: "umount --lazy /opt/interlock",
            four: "umount --lazy /opt/interlock",
        }
        await become(estate, back)


async def through_a_jump_host_with_certificates_alone(estate: Estate) -> None:
    """No host key is on record and no user key authorized: two authorities vouch for all."""
    async with put_back(estate) as (jump, *hosts):
        folder = estate.folder
        authority = await asyncio.to_thread(certify, estate)
        trust = f"  identity: {folder}/key\n  known_hosts: {folder}/empty\n  ca: {authority}\n"
        inventory = declare(estate, hosts, trust=trust, ssh=f"  jump: {jump}\n")
        said = await found(inventory, jump, *hosts)
        assert [each[0].rule for each in said.values()] == ["ready"] * 3, said
        await rolls(estate, inventory, hosts, folder / "state")


def certify(estate: Estate) -> Path:
    """Have the hosts show certificates and believe one; the public key of the hosts' authority."""
    folder = estate.folder
    keygen = ("ssh-keygen", "-q")
    for name in ("hosts", "users", "key"):
        subprocess.run([*keygen, "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    subprocess.run([*keygen, "-s", folder / "users", "-I", "engine", "-n", "deploy", folder / "key.pub"], check=True)
    (folder / "empty").touch()
    for machine in estate.machines:
        host, variant = machine.name, Variant(estate, machine.name)
        public = folder / f"{host}.pub"
        public.write_text(machine.host_key + "\n")
        subprocess.run([*keygen, "-s", folder / "hosts", "-I", host, "-h", "-n", machine.address, public], check=True)
        variant.put("/etc/ssh/ssh_host_ed25519_key-cert.pub", (folder / f"{host}-cert.pub").read_text())
        variant.put("/etc/ssh/user_ca.pub", (folder / "users.pub").read_text())
        variant.become(CERTIFIED)
    return folder / "hosts.pub"


SCENES = side_by_side(
    (hardened_dropbear_busybox_and_a_wrong_clock, 4),
    (doctor_names_what_a_host_lacks, 4),
    (through_a_jump_host_with_certificates_alone, 3),
)


@pytest.mark.parametrize("scene", SCENES)
def test_hosts_of_other_kinds(played: Played, scene: str) -> None:
    played.tell(scene)
