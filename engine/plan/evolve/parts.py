"""The small replacements that events are made of."""

from __future__ import annotations

from dataclasses import replace

from engine.model.names import InstanceId
from engine.model.observation import Sighting
from engine.model.state import InstanceState, State


def instance_state(state: State, instance: InstanceId) -> InstanceState:
    """What is known of an instance; an empty record if nothing is."""
    return state.instances.get(instance) or InstanceState(instance)


def put_instance(state: State, instance: InstanceState) -> State:
    """What is known of one instance, replaced."""
    return replace(state, instances={**state.instances, instance.id: instance})


def see(state: State, sighting: Sighting) -> State:
    """The last sighting of one placement, replaced."""
    return replace(state, sightings={**state.sightings, sighting.placement: sighting})
