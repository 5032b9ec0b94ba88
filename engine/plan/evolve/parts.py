"""The small replacements that events are made of."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import Change, Item
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Sighting
from engine.model.state import InstanceState, State


def instance_state(state: State, instance: InstanceId) -> InstanceState:
    """What is known of an instance; an empty record if nothing is."""
    return state.instances.get(instance) or InstanceState(instance)


def put_instance(state: State, instance: InstanceState) -> State:
    """What is known of one instance, replaced."""
    return replace(state, instances={**state.instances, instance.id: instance})


def hosts_of(state: State, instance: InstanceId) -> tuple[str, ...]:
    """The hosts on which something of an instance was last seen, sorted. Who has seen a placement
    has seen its host, and there are far fewer of those."""
    each = ((host, state.sightings.get(PlacementId(*instance, host))) for host in state.hosts)
    return tuple(sorted(host for host, sighting in each if sighting is not None and sighting.version is not None))


def see(state: State, sighting: Sighting) -> State:
    """The last sighting of one placement, replaced."""
    return replace(state, sightings={**state.sightings, sighting.placement: sighting})


def change_of(state: State, change: str) -> Change:
    """The change of that id. Raises IllegalTransition: an event about no change is a bug."""
    try:
        return state.changes[change]
    except KeyError:
        raise IllegalTransition(f"there is no change {change}") from None


def put_change(state: State, change: Change) -> State:
    """One change, replaced."""
    return replace(state, changes={**state.changes, change.id: change})


def with_item(change: Change, item: Item) -> Change:
    """The change with one of its items replaced."""
    return replace(change, items=tuple(item if old.service == item.service else old for old in change.items))
