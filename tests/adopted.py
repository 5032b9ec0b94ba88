"""An estate from an inventory as an engine sees it once everything is adopted, healthy and fenced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.inventory.catalog import scan
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.observation import Health, HostState, Reach, Sighting, Unit
from engine.model.snapshot import Snapshot
from engine.model.state import InstanceState, State


def adopted(inventory: Inventory, now: datetime, version_of: Callable[[InstanceId], str]) -> Snapshot:
    """Every instance runs ``version_of`` it; known versions are those of the inventory's artifacts."""
    instances, sightings = {}, {}
    for instance in inventory.instances():
        version, configuration = version_of(instance), inventory.services[instance.service].configuration
        instances[instance] = InstanceState(instance, version, configuration)
        for placement in inventory.placements(instance):
            sightings[placement] = Sighting(
                placement, version, version, configuration.digest, Unit.RUNNING, Health.PASSING
            )
    hosts = {name: HostState(name, Reach.UP, "boot", fenced=True) for name in inventory.hosts}
    state = State("store", 1, "engine", instances=instances, sightings=sightings, hosts=hosts)
    return Snapshot(inventory, scan(inventory), state, now, 100.0)
