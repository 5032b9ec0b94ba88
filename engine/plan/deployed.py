"""By which configuration each placement is looked at, and where it makes room for itself: what it
was last deployed with, until a move has brought it to another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.names import PlacementId
from engine.model.service import Configuration
from engine.model.snapshot import Snapshot
from engine.model.state import State


def configuration_at(state: State, placement: PlacementId) -> Configuration | None:
    """What the placement was last deployed with. Where no journal tells (an older one, or a
    placement nobody brought anything to), what its instance is held at; None if nothing is."""
    known = state.deployed.get(placement)
    if known is not None:
        return state.configurations[known.configuration]
    instance = state.instances.get(placement.instance)
    return instance.configuration if instance else None


def former(state: State, placement: PlacementId, configuration: Configuration) -> Configuration | None:
    """What has to make room on the host when the placement gets this configuration: the one it
    was last deployed with, if that lives in another base folder or under another driver."""
    known = state.deployed.get(placement)
    if known is None:
        return None
    there = state.configurations[known.configuration]
    return there if (there.base, there.driver) != (configuration.base, configuration.driver) else None


def looked_at(snapshot: Snapshot, host: str) -> list[tuple[PlacementId, Configuration]]:
    """The placements of a host, each with the configuration by which it is observed; orphans too."""
    inventory = snapshot.inventory
    placed = inventory.placements_on(host)
    return [
        (placement, configuration_at(snapshot.state, placement) or inventory.services[placement.service].configuration)
        for placement in placed
    ] + list(_orphans_on(snapshot, host, {placement.service for placement in placed}))


def _orphans_on(snapshot: Snapshot, host: str, placed: set[str]) -> Iterator[tuple[PlacementId, Configuration]]:
    """What was last seen on a host that the inventory does not place there, as far as is known how
    it got there."""
    for placement, sighting in sorted(snapshot.state.sightings.items()):
        if placement.host == host and placement.service not in placed and sighting.version is not None:
            configuration = configuration_at(snapshot.state, placement)
            if configuration is not None:
                yield placement, configuration


def bases_on(snapshot: Snapshot, host: str) -> frozenset[str]:
    """The base folders of a host in which something is, may come, or may go back: this engine's
    claim has to be on all of them before anything moves there."""
    inventory, state = snapshot.inventory, snapshot.state
    placements = inventory.placements_on(host)
    found = {configuration.base for _, configuration in looked_at(snapshot, host)}
    found |= {inventory.services[placement.service].configuration.base for placement in placements}
    services = {placement.service for placement in placements}
    for change in state.unfinished():
        for item in change.items:
            if item.service in services and change.environment == inventory.hosts[host].environment:
                found.add(item.configuration.base)
                if item.origin_configuration is not None:
                    found.add(item.origin_configuration.base)
    return frozenset(found | _hooked_on(snapshot, host))


def _hooked_on(snapshot: Snapshot, host: str) -> set[str]:
    """The base folders in which hooks that name this host are run there."""
    state = snapshot.state
    known = [service.configuration for service in snapshot.inventory.services.values()]
    known += [drained.configuration for drained in state.drained.values()]
    for change in state.unfinished():
        for item in change.items:
            known += [item.configuration, *([item.origin_configuration] if item.origin_configuration else [])]
    return {configuration.base for configuration in known if host in configuration.hooks.hosts()}
