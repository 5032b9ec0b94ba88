"""A lab with an organization on it: the inventory, artifacts and transport of one test."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from pathlib import Path

from engine.drivers.script import DIGEST, SCRIPT
from engine.inventory import load
from engine.transport.pace import Pace
from engine.transport.ssh import SshTransport
from tests.lab.image import USER
from tests.lab.machines import Lab, Machine
from tests.lab.release import write_release

# Stops what the host script started and forgets what it kept; the test's own files go with them.
# Units go by their links and one reload: every `systemctl disable` would reload systemd once more.
WIPE = """
for folder in /opt/interlock/[a-z]*/; do
  [ -d "$folder" ] || continue # a pattern that nothing matches, which systemctl would take for its own
  service=$(basename "$folder").service
  set -- "$@" "$service"
  rm -rf "/etc/systemd/system/$service" "/etc/systemd/system/$service.d" \
    "/etc/systemd/system/multi-user.target.wants/$service"
done
rm -f /etc/systemd/system/interlock-* /etc/systemd/system/multi-user.target.wants/interlock-*
systemctl stop "$@" 'interlock*'
umount --lazy /opt/interlock/* 2>/dev/null
rm -rf /opt/interlock /var/tmp/starts.* /home/*/.cache/interlock /root/.cache/interlock
systemctl daemon-reload
systemctl reset-failed
exit 0
"""
TRACES = ("opt/interlock", "home/deploy/.cache/interlock", "root/.cache/interlock")


class Estate:
    """What one test has: the lab's machines, and a folder with an inventory for them.

    ``lab`` cuts, heals, crashes and boots. Hosts are called ``h1`` to ``h12``, all in the
    environment ``prod``, in domains ``a`` (odd numbers) and ``b`` (even ones) unless a test
    deals them out otherwise.
    """

    def __init__(self, lab: Lab, machines: list[Machine], folder: Path) -> None:
        self.lab = lab
        self.machines = machines
        self.folder = folder
        self._transports: list[SshTransport] = []

    def machine(self, host: str) -> Machine:
        """The machine of a host by its name."""
        return next(machine for machine in self.machines if machine.name == host)

    def known_hosts(self) -> Path:
        """A known_hosts file with every machine's key."""
        path = self.folder / "known_hosts"
        path.write_text("".join(f"{machine.address} {machine.host_key}\n" for machine in self.machines))
        return path

    def inventory(self, services: str = "", ssh: str = "", domains: str = "ab", trust: str = "") -> Path:
        """An inventory file for the lab; ``services`` is the YAML below ``services:`` (see
        ``service``), ``ssh`` more lines of the ssh section. ``domains`` are one letter each and
        dealt out in turn; ``trust`` replaces what vouches for the hosts' keys and for the engine."""
        hosts = "".join(
            f"  {machine.name}: {{address: {machine.address}, environment: prod, domain: {domain}}}\n"
            for machine, domain in zip(self.machines, domains * len(self.machines), strict=False)
        )
        trust = trust or f"  identity: {self.lab.identity}\n  known_hosts: {self.known_hosts()}\n"
        path = self.folder / "inventory.yaml"
        path.write_text(
            "organization: lab\n"
            "environments: {prod: {}}\n"
            "teams: {lab: {members: [root]}}\n"
            f"domains: {{site: {{{', '.join(f'{one}: {{}}' for one in sorted(set(domains)))}}}}}\n"
            f"ssh:\n  user: {USER}\n  sudo: true\n{trust}{ssh}"
            f"hosts:\n{hosts}"
            "observe: {steady: 5s, busy: 500ms}\n"
            f"services:\n{services}" + ("" if services else "  {}\n")
        )
        return path

    def service(self, name: str, hosts: list[str], port: int, more: str = "", rollout: str = "") -> str:
        """YAML of a systemd service that runs the test's server; ``more`` are further lines,
        ``rollout`` more keys of its rollout."""
        quick = "min_healthy_time: 1s, healthy_deadline: 15s, progress_deadline: 60s, confirm_timeout: 10s"
        return (
            f"  {name}:\n"
            "    team: lab\n"
            f"    placement: {{prod: {{hosts: [{', '.join(hosts)}]}}}}\n"
            "    driver: systemd\n"
            f'    artifact: {{path: "artifacts/{name}-{{version}}.tar.gz", sha256: artifacts/SHA256SUMS}}\n'
            f"    command: bin/{name} {port}\n"
            f'    health: {{http: "http://127.0.0.1:{port}/healthz", version: "http://127.0.0.1:{port}/version",'
            " interval: 200ms, timeout: 2s, passes: 2}\n"
            f"    rollout: {{{rollout or quick}}}\n{more}"
        )

    def artifact(self, name: str, version: str, behaviour: str = "well", padding: bytes = b"") -> Path:
        """A release of the test's server, with its sum on record; see ``write_release``."""
        return write_release(self.folder / "artifacts", name, version, behaviour, padding)

    def transport(self, inventory: Path, pace: Pace | None = None) -> SshTransport:
        """The real transport with the real host script; closed when the test ends."""
        transport = SshTransport(load(inventory), (SCRIPT, DIGEST), pace)
        self._transports.append(transport)
        return transport

    def reported(self, host: str, port: int) -> str:
        """The version that the service on a host itself reports, "" if nothing answers."""
        try:
            with urllib.request.urlopen(f"http://{self.machine(host).address}:{port}/version", timeout=2) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    async def until(self, holds: Callable[[], bool], within_s: float = 30.0) -> None:
        """Wait until something holds; fails the test if it does not in time."""
        async with asyncio.timeout(within_s):
            while not await asyncio.to_thread(holds):
                await asyncio.sleep(0.2)

    async def close(self) -> None:
        """Close the transports, and leave every machine running, connected and empty."""
        for transport in self._transports:
            await transport.close()
        await asyncio.gather(*(asyncio.to_thread(self._restore, machine) for machine in self.machines))

    def _restore(self, machine: Machine) -> None:
        if machine in self.lab.disturbed:
            try:
                self.lab.heal(machine)
                self.lab.wait(machine, 2)
            except (RuntimeError, TimeoutError):
                self.lab.crash(machine)
                self.lab.boot(machine)
            self.lab.disturbed.discard(machine)
        if any((machine.folder / "root" / trace).exists() for trace in TRACES):
            self.lab.exec(machine, "sh", "-c", WIPE)
