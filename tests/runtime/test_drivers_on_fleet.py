"""The drivers `container` and `script` through a whole engine, over SSH: rolled out everywhere, and a version
that does not come up is put back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import inventory as inventories
from engine.fleet.embedded import EmbeddedFleet
from engine.model.change import Status
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.running import Container, Script
from engine.model.service import Amount, Configuration, DriverName, HealthCheck, RolloutPolicy, Service
from tests.drivers.fake_podman import FakePodman
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import Running, running_engine

QUICK = HealthCheck(interval_s=0.1, timeout_s=1.0, passes=1)
IMAGE = "registry.example/pod:{version}"
APPLY = 'test "$INTERLOCK_VERSION" != 2.0 && echo "$INTERLOCK_VERSION" >"$HOME/own"'
OBSERVE = 'cat "$HOME/own" 2>/dev/null || :'
KNOWN = ("1.0", "2.0")


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[EmbeddedFleet]:
    async with quick_fleet(tmp_path / "fleet", services=1, hosts=4) as fleet:
        yield fleet


def with_both(inventory: Inventory, hosts: tuple[str, ...]) -> Inventory:
    """The inventory with a service of each driver on those hosts."""
    plain = Configuration(DriverName.CONTAINER, "interlock", "serve", health=QUICK, container=Container(IMAGE))
    script = Script(("sh", "-c", APPLY), ("sh", "-c", OBSERVE), apply_timeout_s=5.0, observe_timeout_s=5.0)
    scripted = Configuration(DriverName.SCRIPT, "interlock", "", health=QUICK, script=script)
    rollout = RolloutPolicy(max_parallel=Amount(2), min_healthy_time_s=0.2, healthy_deadline_s=20.0)
    team = next(iter(inventory.teams))
    made = {
        name: Service(name, team, configuration, {"prod": hosts}, rollout=rollout, known_versions=KNOWN)
        for name, configuration in (("pod", plain), ("own", scripted))
    }
    return replace(inventory, services={**inventory.services, **made})


def podman_on(fleet: EmbeddedFleet, host: str) -> FakePodman:
    """A podman that only this host has."""
    home = fleet.home(host)
    box: Any = SimpleNamespace(folder=home / "tmp", home=home, path="")
    podman = FakePodman(box)
    (home / "bin" / "podman").symlink_to(podman.folder / "bin" / "podman")
    for version in KNOWN:
        podman.publish(IMAGE.replace("{version}", version), f"sha-{version}")
    podman.kill_images("sha-2.0")
    return podman


def runs(running: Running, name: str) -> list[tuple[str | None, str]]:
    """What was seen of a service, host by host."""
    snapshot = running.engine.snapshot
    seen = [snapshot.state.sightings[p] for p in snapshot.inventory.placements(InstanceId(name, "prod"))]
    return [(sighting.version, sighting.unit.value) for sighting in seen]


async def test_they_roll_out_and_what_fails_is_put_back(fleet: EmbeddedFleet) -> None:
    async with running_engine(fleet.inventory, fleet.state) as running:
        inventory = inventories.load(fleet.inventory)
        hosts = tuple(sorted(name for name, host in inventory.hosts.items() if host.environment == "prod"))[:2]
        podmen = [podman_on(fleet, host) for host in hosts]
        await running.engine.reload(with_both(inventory, hosts))
        await running.engine.probe(hosts)
        for name in ("pod", "own"):
            change = await running.done(await running.deploy(**{name: "1.0"}))
            assert change.status is Status.SUCCEEDED, change.items[0].failure
        for name in ("pod", "own"):
            change = await running.done(await running.deploy(**{name: "2.0"}))
            assert change.items[0].status is Status.REVERTED, change.items[0].failure
            assert f"{name} 2.0 failed on" in change.items[0].failure
            await running.engine.probe(hosts)
            assert runs(running, name) == [("1.0", "running")] * len(hosts)
        for podman in podmen:
            assert podman.containers() == {"current": ("1.0", "running")}
        for host in hosts:
            assert (fleet.home(host) / "own").read_text() == "1.0\n"
