"""A demo's folder: made, continued, and its fleet's process started and stopped.

``prepare`` writes all that an engine and a fleet need; ``start`` also runs the fleet, in a
process of its own that ends when this one does. Both take up a folder that is there already.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import yaml

from engine.api.user import user_name
from engine.errors import InterlockError, UsageError
from engine.fleet.artifacts import write_artifacts
from engine.fleet.host import USER, new_host_key
from engine.fleet.layout import Folders, Layout
from engine.fleet.lock import FolderLock
from engine.fleet.organization import HOSTS_FILE, ORGANIZATION_FILE, ROLES_FILE, Sample, SampleHost, compose
from engine.fleet.process import FleetProcess, NoFreeAddress
from engine.fleet.releases import sample_folder

SSH_PORT = 22022  # below the ephemeral ports, which outgoing connections take at random
HOSTS_A_BYTE = 250
ATTEMPTS = 20
GENERATED = "# Written by `interlock demo`, which writes it anew when the fleet's addresses change.\n"


@dataclass(frozen=True, slots=True)
class DemoPaths:
    """Where things are: the folder, the inventory and the state to start an engine with."""

    root: Path
    inventory: Path
    state: Path


def prepare(root: Path, services: int | None = None, hosts: int | None = None) -> DemoPaths:
    """Make ``root`` a demo's folder, or take up the one it is.

    The inventory is written once; what was changed in it since stays, only the hosts'
    addresses follow the fleet. Raises UsageError if the numbers make no organization or differ
    from what the folder was made with, FleetRuns if a fleet runs there, OSError if it cannot
    be written.
    """
    folders = Folders(root.resolve())
    paths = DemoPaths(folders.root, folders.inventory, folders.state)
    if folders.layout.exists():
        FolderLock(folders.lock).check()
        _check_same(folders, services, hosts)
        if not _is_free(Layout.load(folders)):
            move(folders)
        return paths
    if folders.root.exists() and any(folders.root.iterdir()):
        raise UsageError(f"{folders.root} is not empty and holds no demo: choose another folder with --dir")
    sample = compose(services, hosts)
    folders.inventory.mkdir(parents=True, exist_ok=True)
    folders.state.mkdir(parents=True, exist_ok=True)
    _write_organization(folders, sample)
    write_artifacts(folders.inventory / "artifacts", sample.releases.values())
    _write_identity(folders.identity)
    seeds = {
        f"{name}@{environment}": version
        for name, releases in sample.releases.items()
        for environment, version in releases.running.items()
    }
    _settle(folders, sample.hosts, seeds)
    return paths


def start(root: Path, services: int | None = None, hosts: int | None = None) -> FleetProcess:
    """Prepare ``root`` and start its fleet; returns when every host and service is up (seconds).

    The fleet ends with ``stop``, or when this process ends, however that happens. Raises what
    ``prepare`` raises, and FleetFailed if the fleet does not come up.
    """
    prepare(root, services, hosts)
    folders = Folders(root.resolve())
    for _ in range(ATTEMPTS):
        with contextlib.suppress(NoFreeAddress):  # somebody took the block between look and use
            return FleetProcess.start(folders)
        move(folders)
    raise InterlockError("no free block of loopback addresses was found for the embedded hosts; try again")


@contextlib.contextmanager
def running(root: Path, services: int | None = None, hosts: int | None = None) -> Iterator[FleetProcess]:
    """``start``, and ``stop`` at the end."""
    fleet = start(root, services, hosts)
    try:
        yield fleet
    finally:
        fleet.stop()


def move(folders: Folders) -> None:
    """Give the hosts of a folder, none of which runs, other addresses. What is installed on
    them names the old ones (``{address}`` was filled in at deployment), so that moves too."""
    layout = Layout.load(folders)
    text = (folders.inventory / HOSTS_FILE).read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # plain text scalars only
    hosts = tuple(
        SampleHost(name, entry["environment"], entry["domain"], entry["labels"])
        for name, entry in document["hosts"].items()
        if name in layout.hosts
    )
    _settle(folders, hosts, dict(layout.seeds))
    after = Layout.load(folders).hosts
    for name, before in layout.hosts.items():
        for file in (folders.hosts / name).glob("*/*/.interlock/configurations/*/*"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(f"{before}:", f"{after[name]}:"), encoding="utf-8")


def _settle(folders: Folders, hosts: tuple[SampleHost, ...], seeds: dict[str, str]) -> None:
    """Choose free addresses for the hosts and write all that names them."""
    layout = _free_layout([host.name for host in hosts], seeds)
    layout.save(folders)
    lines = []
    for name, address in layout.hosts.items():
        public = new_host_key(folders.host_key(name)).export_public_key().decode().split()
        lines.append(f"[{address}]:{layout.port} {public[0]} {public[1]}\n")
    (folders.inventory / "known_hosts").write_text("".join(lines), encoding="utf-8")
    ssh = {"user": USER, "port": str(layout.port), "known_hosts": "./known_hosts", "identity": "./identity"}
    entries = {
        host.name: {
            "address": layout.hosts[host.name],
            "environment": host.environment,
            "domain": host.domain,
            "labels": dict(host.labels),
        }
        for host in hosts
    }
    _write_yaml(folders.inventory / HOSTS_FILE, {"ssh": ssh, "hosts": entries})


def _free_layout(names: list[str], seeds: dict[str, str]) -> Layout:
    high = 255 - len(names) // HOSTS_A_BYTE
    for _ in range(ATTEMPTS):
        x, y = random.randint(10, 250), random.randint(0, high)
        addresses = {name: f"127.{x}.{y + i // HOSTS_A_BYTE}.{i % HOSTS_A_BYTE + 1}" for i, name in enumerate(names)}
        layout = Layout(f"{x}.{y}", SSH_PORT, addresses, seeds)
        if _is_free(layout):
            return layout
    raise InterlockError(f"no free loopback addresses for {len(names)} embedded hosts were found in 127.0.0.0/8")


def _is_free(layout: Layout) -> bool:
    for address in layout.hosts.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, layout.port))
            except OSError:
                return False
    return True


def _check_same(folders: Folders, services: int | None, hosts: int | None) -> None:
    """Refuse numbers that the folder was not made with."""
    seeded = {subject.partition("@")[0] for subject in Layout.load(folders).seeds}
    counts = (("services", services, len(seeded)), ("hosts", hosts, len(Layout.load(folders).hosts)))
    for what, asked, there in counts:
        if asked is not None and asked != there:
            raise UsageError(
                f"{folders.root} holds a demo of {there} {what}, not {asked}: leave --{what} out, "
                "or choose another folder with --dir"
            )


def _write_organization(folders: Folders, sample: Sample) -> None:
    for file in sample_folder().iterdir():
        keep = file.name.endswith((".yaml", ".md"))
        if keep and (sample.verbatim or file.name == ORGANIZATION_FILE):
            (folders.inventory / file.name).write_bytes(file.read_bytes())
    if sample.verbatim:
        _write_roles(folders.inventory / ROLES_FILE)
    else:  # without its teams' people, everybody may do everything
        _write_yaml(folders.inventory / "services.yaml", {"services": dict(sample.services)})


def _write_roles(path: Path) -> None:
    """acme's roles, with whoever makes the demo among its admins: they are to try everything."""
    text = sample_folder().joinpath(ROLES_FILE).read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # plain text scalars only
    document["roles"]["admin"].append(user_name(os.getuid()))
    comment = text[: text.index("roles:")]
    path.write_text(comment + yaml.safe_dump(document, sort_keys=False, width=120), encoding="utf-8")


def _write_yaml(path: Path, document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=120)
    path.write_text(GENERATED + text, encoding="utf-8")


def _write_identity(path: Path) -> None:
    new_host_key(path)
    key = asyncssh.read_private_key(str(path))
    path.with_suffix(".pub").write_bytes(key.export_public_key())
