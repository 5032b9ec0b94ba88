"""The transport on real hosts: sshd as Debian ships it, a login that becomes root by sudo."""

from __future__ import annotations

import asyncio
import time

import pytest

from engine.drivers.observing import observe, parse_observe
from engine.errors import DeadlinePassed, HostKeyMismatch, HostUnreachable, TransportError
from engine.inventory import load
from engine.model.inventory import Ssh
from engine.transport.pace import Pace
from engine.transport.ssh import SshTransport
from tests.lab.estate import Estate
from tests.lab.together import Played, side_by_side
from tests.transport.script import DIGEST, SCRIPT
from tests.transport.site import command


def probing(estate: Estate, pace: Pace | None = None) -> SshTransport:
    """A transport that carries the tests' own script, whose verbs show what arrives."""
    return SshTransport(load(estate.inventory()), (SCRIPT, DIGEST), pace)


async def test_every_host_is_asked_at_once_as_root(estate: Estate) -> None:
    transport = probing(estate)
    hosts = [machine.name for machine in estate.machines]
    replies = await asyncio.gather(*(transport.run(host, command("whoami")) for host in hosts for _ in range(4)))
    assert {(reply.status, reply.stdout) for reply in replies} == {(0, "root\n")}
    await transport.close()


async def test_the_real_script_observes_every_host(estate: Estate) -> None:
    transport = estate.transport(estate.inventory())
    hosts = [machine.name for machine in estate.machines]
    replies = await asyncio.gather(*(transport.run(host, observe("lab", [])) for host in hosts))
    reports = [parse_observe(host, reply, []) for host, reply in zip(hosts, replies, strict=True)]
    assert all(abs(report.clock_s - time.time()) < 60 for report in reports)
    boots = {report.boot_id for report in reports}
    assert len(boots) == len(estate.machines)


async def a_host_is_cut_off_and_comes_back(estate: Estate) -> None:
    (machine,) = estate.machines
    host = machine.name
    transport = probing(estate, Pace(connect_s=2, keepalive_s=1))
    assert (await transport.run(host, command("whoami"))).status == 0
    running = asyncio.create_task(transport.run(host, command("sleep", 3, seconds=20)))
    await asyncio.sleep(0.5)
    estate.lab.cut(machine)
    with pytest.raises(DeadlinePassed):
        await running
    with pytest.raises(HostUnreachable):
        await transport.run(host, command("whoami", 3))
    estate.lab.heal(machine)
    await asyncio.to_thread(estate.lab.wait, machine)  # a cable that is in again is no way yet
    assert (await transport.run(host, command("whoami"))).status == 0
    await transport.close()


async def a_host_crashes_in_mid_command_and_boots_again(estate: Estate) -> None:
    (machine,) = estate.machines
    host = machine.name
    transport = probing(estate, Pace(connect_s=2, keepalive_s=1))
    running = asyncio.create_task(transport.run(host, command("sleep", 30, seconds=25)))
    await asyncio.sleep(1)
    await asyncio.to_thread(estate.lab.crash, machine)
    assert (await running).status is None
    with pytest.raises(TransportError):
        await transport.run(host, command("whoami", 2))
    await asyncio.to_thread(estate.lab.boot, machine)
    assert (await transport.run(host, command("whoami"))).stdout == "root\n"
    await transport.close()


async def another_host_at_a_known_address_is_refused(estate: Estate) -> None:
    path = estate.inventory()
    one, two = estate.machines
    estate.known_hosts().write_text(f"{one.address} {two.host_key}\n")
    transport = estate.transport(path)
    with pytest.raises(HostKeyMismatch, match="Nothing was sent"):
        await transport.run(one.name, observe("lab", []))
    assert isinstance(load(path).ssh, Ssh)


SCENES = side_by_side(
    (a_host_is_cut_off_and_comes_back, 1),
    (a_host_crashes_in_mid_command_and_boots_again, 1),
    (another_host_at_a_known_address_is_refused, 2),
)


@pytest.mark.parametrize("scene", SCENES)
def test_what_becomes_of_calls(played: Played, scene: str) -> None:
    played.tell(scene)
