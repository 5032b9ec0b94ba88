"""Folds events into state: ``evolve(state, recorded)`` is the only way state comes about, in
the running engine, at start-up from the journal, and in the forecast. An event that the
present state does not allow raises ``IllegalTransition`` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.model.event import (
    EnginePaused,
    EngineResumed,
    EngineStarted,
    HostSeen,
    InstanceAdopted,
    InstanceHeld,
    InstanceReleased,
    PlacementSeen,
    Recorded,
)
from engine.model.observation import HostState, Reach
from engine.model.state import Good, InstanceState, State
from engine.plan.evolve.changes import evolve_change, restart_clocks
from engine.plan.evolve.parts import instance_state, put_instance, see

__all__ = ["evolve", "fold", "instance_state"]


def fold(state: State, events: Iterable[Recorded]) -> State:
    """All of ``events`` applied in order."""
    for recorded in events:
        state = evolve(state, recorded)
    return state


def evolve(state: State, recorded: Recorded) -> State:
    """The state after one event."""
    state = replace(state, elapsed_s=recorded.elapsed_s)
    match recorded.event:
        case EngineStarted(store, epoch, engine):
            hosts = {n: replace(h, reach=Reach.UNKNOWN, fenced=False) for n, h in state.hosts.items()}
            return replace(state, store=store, epoch=epoch, engine=engine, hosts=hosts)
        case EnginePaused(by):
            return replace(state, paused_by=by)
        case EngineResumed():
            return restart_clocks(replace(state, paused_by=""))
        case HostSeen(host, reach, boot_id, fenced, reason):
            return replace(state, hosts={**state.hosts, host: HostState(host, reach, boot_id, fenced, reason)})
        case PlacementSeen(sighting):
            return see(state, sighting)
        case InstanceAdopted(instance, version, configuration):
            good = (Good(version, configuration),)
            return put_instance(state, InstanceState(instance, version, configuration, good))
        case InstanceHeld(instance, by):
            return put_instance(state, replace(instance_state(state, instance), held_by=by))
        case InstanceReleased(instance):
            released = put_instance(state, replace(instance_state(state, instance), held_by=""))
            return restart_clocks(released, instance)
        case _:
            return evolve_change(state, recorded)
