"""The services that run on the embedded hosts before any engine comes, and after a boot.

The process driver has no init system that starts its services with the machine, so the fleet
is that. Releases are laid out, and supervisors started, exactly as the host script does it
(the layout is documented at its head): an engine finds them, adopts them and can change them,
and knows nothing of how they got there.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from engine.drivers.bundle import bundle
from engine.drivers.script import SCRIPT
from engine.drivers.spec import PlacementSpec, expand
from engine.fleet.artifacts import read_sums
from engine.fleet.host import EmbeddedHost
from engine.fleet.layout import Folders, Layout
from engine.inventory import load
from engine.model.inventory import Inventory
from engine.model.names import PlacementId
from engine.model.service import DriverName

UP_TIMEOUT_S = 20.0
CONFIGURATION = "seed"


class Seeding:
    """Lays out and starts the services of one fleet."""

    def __init__(self, folders: Folders, layout: Layout) -> None:
        self._folders = folders
        self._seeds = layout.seeds
        self._done = folders.layout.with_name("seeded")

    async def start(self, hosts: Iterable[EmbeddedHost]) -> None:
        """Start every service that is to run on these hosts, and wait until they listen, at most
        20 s: one that was current and does not come up is the engine's business. At the very
        first start the seeded releases are laid out before, each just before it is started,
        since starting keeps another core busy.

        Raises InventoryInvalid, or OSError if an artifact is missing.
        """
        inventory = load(self._folders.inventory)
        is_first = not self._done.exists()
        started: list[PlacementSpec] = []
        for host in hosts:
            if host.spec.name not in inventory.hosts:
                continue
            for placement in inventory.placements_on(host.spec.name):
                if is_first:
                    self._lay_out(inventory, placement)
                spec = self._spec(inventory, placement, None)
                if _start(host, spec):
                    started.append(spec)
        self._done.touch()
        await asyncio.gather(*map(_wait_until_up, started))

    def _spec(self, inventory: Inventory, placement: PlacementId, version: str | None) -> PlacementSpec:
        configuration = inventory.services[placement.service].configuration
        host = inventory.hosts[placement.host]
        return expand(configuration, placement, host, version, inventory.organization)

    def _lay_out(self, inventory: Inventory, placement: PlacementId) -> None:
        version = self._seeds.get(str(placement.instance))
        source = inventory.services[placement.service].artifact
        if version is None or source is None:
            return
        spec = self._spec(inventory, placement, version)
        artifact = Path(source.path.replace("{version}", version))
        folder = self._folders.hosts / placement.host / spec.base / spec.service
        release = folder / "releases" / version
        release.mkdir(parents=True, exist_ok=True)
        with tarfile.open(artifact) as archive:
            # The argument `filter` came with Python 3.11.4; Debian 12 has 3.11.2.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(release)  # noqa: S202  # made here, by artifacts.py
        digest = read_sums(artifact.with_name("SHA256SUMS"))[artifact.name]
        (release / ".interlock-release").write_text(f"{digest}\n")
        _link(folder / "current", f"releases/{version}")
        _configure(folder / ".interlock", spec)


def _configure(own: Path, spec: PlacementSpec) -> None:
    """The configuration that the release runs with, and the script that supervises it."""
    folder = own / "configurations" / CONFIGURATION
    folder.mkdir(parents=True, exist_ok=True)
    (own / "process").mkdir(exist_ok=True)
    lines = bundle(spec).decode().splitlines(keepends=True)
    run = "".join(line.removeprefix("run\t") for line in lines if line.startswith("run\t"))
    (folder / "run").write_text(run)
    (folder / "run").chmod(0o600)
    (folder / "health").write_text("".join(line for line in lines if not line.startswith("run\t")))
    (folder / "digest").write_text(f"{spec.configuration}\n")
    _link(own / "configuration", f"configurations/{CONFIGURATION}")
    (own / "host.sh").write_bytes(SCRIPT)
    (own / "process" / "wanted").write_text("seed\n")


def _link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _start(host: EmbeddedHost, spec: PlacementSpec) -> bool:
    """Start a supervisor, as the host script's start_process does; False if there is nothing to
    start: not wanted, or a switch that was never confirmed, which the engine has reversed at
    its first contact."""
    folder = host.spec.home / spec.base / spec.service
    own = folder / ".interlock"
    unfinished = (own / "armed").exists() or (own / "reversing").exists()
    if spec.driver is not DriverName.PROCESS or unfinished or not (own / "process" / "wanted").exists():
        return False
    token = f"boot.{secrets.token_hex(4)}"
    (own / "process" / "wanted").write_text(f"{token}\n")
    words = ["supervise", f"base={spec.base}", f"service={spec.service}", f"token={token}"]
    log = os.open(own / "process" / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pid = os.posix_spawn(
            "/bin/sh",
            ["sh", str(own / "host.sh"), *words],
            {**host.environment(), "INTERLOCK_SUPERVISES": f"{folder}/"},
            file_actions=[(os.POSIX_SPAWN_DUP2, null, 0), *((os.POSIX_SPAWN_DUP2, log, number) for number in (1, 2))],
            setsid=True,
            setsigdef=[signal.SIGPIPE],
        )
    finally:
        os.close(log)
        os.close(null)
    ticks = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    (own / "process" / "supervisor").write_text(f"{pid} {ticks}\n")
    return True


async def _wait_until_up(spec: PlacementSpec) -> None:
    """Until something listens where the health check asks."""
    url = urlsplit(spec.health.http)
    deadline = time.monotonic() + UP_TIMEOUT_S
    while url.hostname and time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection(url.hostname, url.port or 80)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
