"""By which configuration each placement is looked at, and where it makes room for itself: what it
was last deployed with, until a move has brought it to another one.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from engine.model.change import Item
from engine.model.names import InstanceId, PlacementId
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


class Surroundings:
    """What is true of all hosts at one moment, and is asked of each: worked out once for all of them,
    and from one moment to the next only where it may have changed."""

    def __init__(self, snapshot: Snapshot, before: Surroundings | None = None) -> None:
        self._snapshot = snapshot
        if before is None or before._snapshot.inventory is not snapshot.inventory:
            return
        old, state = before._snapshot.state, snapshot.state
        if old.sightings is state.sightings:
            self.__dict__["_strays"] = before._strays
        if old.changes is state.changes and old.drained is state.drained:
            self.__dict__.update({"_at_work": before._at_work, "_hooked": before._hooked})

    def are_of(self, snapshot: Snapshot) -> bool:
        """Whether they are of this very state and inventory."""
        return self._snapshot.state is snapshot.state and self._snapshot.inventory is snapshot.inventory

    def looked_at(self, host: str) -> list[tuple[PlacementId, Configuration]]:
        """The placements of a host, each with the configuration by which it is observed; orphans too:
        what was last seen there and is not placed there, as far as is known how it got there."""
        inventory, state = self._snapshot.inventory, self._snapshot.state
        placed = [
            (placement, configuration_at(state, placement) or inventory.services[placement.service].configuration)
            for placement in inventory.placements_on(host)
        ]
        strays = [(placement, configuration_at(state, placement)) for placement in self._strays.get(host, ())]
        return placed + [(placement, known) for placement, known in strays if known is not None]

    def bases_on(self, host: str) -> frozenset[str]:
        """The base folders of a host in which something is, may come, or may go back: this engine's
        claim has to be on all of them before anything moves there."""
        inventory = self._snapshot.inventory
        placements = inventory.placements_on(host)
        found = {configuration.base for _, configuration in self.looked_at(host)}
        found |= {inventory.services[placement.service].configuration.base for placement in placements}
        found.update(*(self._at_work.get(placement.instance, ()) for placement in placements))
        return frozenset(found.union(self._hooked.get(host, ())))

    @cached_property
    def _strays(self) -> dict[str, list[PlacementId]]:
        """What runs where the inventory does not place it, by host; sorted."""
        inventory, found = self._snapshot.inventory, defaultdict[str, list[PlacementId]](list)
        declared = {each for host in inventory.hosts for each in inventory.placements_on(host)}
        sightings = self._snapshot.state.sightings
        for placement in sorted(sightings.keys() - declared):
            if sightings[placement].version is not None:
                found[placement.host].append(placement)
        return found

    @cached_property
    def _at_work(self) -> dict[InstanceId, set[str]]:
        """The base folders that unfinished changes bring an instance to, or from."""
        found = defaultdict[InstanceId, set[str]](set)
        for change in self._snapshot.state.unfinished():
            for item in change.items:
                found[change.instance(item)].update(each.base for each in _ends(item))
        return found

    @cached_property
    def _hooked(self) -> dict[str, set[str]]:
        """The base folders in which hooks that name a host are run there, by host."""
        state = self._snapshot.state
        known = [service.configuration for service in self._snapshot.inventory.services.values()]
        known += [drained.configuration for drained in state.drained.values()]
        known += [each for change in state.unfinished() for item in change.items for each in _ends(item)]
        found = defaultdict[str, set[str]](set)
        for configuration in known:
            for host in configuration.hooks.hosts():
                found[host].add(configuration.base)
        return found


def looked_at(snapshot: Snapshot, host: str) -> list[tuple[PlacementId, Configuration]]:
    """As ``Surroundings.looked_at``, of one moment."""
    return Surroundings(snapshot).looked_at(host)


def bases_on(snapshot: Snapshot, host: str) -> frozenset[str]:
    """As ``Surroundings.bases_on``, of one moment."""
    return Surroundings(snapshot).bases_on(host)


def _ends(item: Item) -> list[Configuration]:
    return [item.configuration, *([item.origin_configuration] if item.origin_configuration is not None else [])]
