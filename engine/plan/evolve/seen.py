"""What was seen of hosts and placements. Most of a journal is this, and a start-up folds all of it:
a run of such events copies the state's mappings once, not once for each event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.model.event import HostSeen, PlacementSeen, Recorded
from engine.model.observation import HostState
from engine.model.state import State

OBSERVATIONS = (HostSeen, PlacementSeen)


def take_in_seen(state: State, run: Iterable[Recorded]) -> State:
    """The state after events that are all among ``OBSERVATIONS``."""
    hosts, sightings, elapsed_s = dict(state.hosts), dict(state.sightings), state.elapsed_s
    for recorded in run:
        elapsed_s, event = recorded.elapsed_s, recorded.event
        if isinstance(event, PlacementSeen):
            sightings[event.sighting.placement] = event.sighting
        elif isinstance(event, HostSeen):
            hosts[event.host] = HostState(
                event.host, event.reach, event.boot_id, event.fenced, event.reason, event.skew_s
            )
    return replace(state, hosts=hosts, sightings=sightings, elapsed_s=elapsed_s)
