"""Folds events into state: ``evolve(state, recorded)`` is the only way state comes about, in
the running engine, at start-up from the journal, and in the forecast. An event that the
present state does not allow raises ``IllegalTransition`` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.model.event import (
    AlarmSeen,
    EnginePaused,
    EngineResumed,
    EngineStarted,
    ForecastPublished,
    HostSeen,
    InstanceAdopted,
    InstanceHeld,
    InstanceReleased,
    PlacementSeen,
    Recorded,
)
from engine.model.observation import HostState, Reach
from engine.model.state import Good, State
from engine.plan.evolve.alarms import hear
from engine.plan.evolve.changes import evolve_change, restart_clocks
from engine.plan.evolve.forecasts import foresee
from engine.plan.evolve.parts import instance_state, put_instance, see
from engine.plan.evolve.people import DECISIONS, evolve_decision
from engine.plan.evolve.soaks import SOAKS, evolve_soak
from engine.plan.evolve.versions import OF_VERSIONS, evolve_version

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
        case AlarmSeen():
            return hear(state, recorded.event, recorded)
        case EngineStarted(store, epoch, engine):
            hosts = {n: replace(h, reach=Reach.UNKNOWN, fenced=False) for n, h in state.hosts.items()}
            return replace(state, store=store, epoch=epoch, engine=engine, hosts=hosts, alarms={})
        case EnginePaused(by):
            return replace(state, paused_by=by)
        case EngineResumed():
            return restart_clocks(replace(state, paused_by=""))
        case HostSeen(host, reach, boot_id, fenced, reason):
            return replace(state, hosts={**state.hosts, host: HostState(host, reach, boot_id, fenced, reason)})
        case PlacementSeen(sighting):
            return see(state, sighting)
        case InstanceAdopted(instance, version, configuration, hosts):
            known = replace(instance_state(state, instance), good=(Good(version, configuration),), hosts=hosts)
            return put_instance(state, replace(known, target=version, configuration=configuration))
        case InstanceHeld(instance, by):
            return put_instance(state, replace(instance_state(state, instance), held_by=by))
        case InstanceReleased(instance):
            released = put_instance(state, replace(instance_state(state, instance), held_by=""))
            return restart_clocks(released, instance)
        case _:
            return _evolve_rest(state, recorded)


def _evolve_rest(state: State, recorded: Recorded) -> State:
    if isinstance(recorded.event, DECISIONS):
        return evolve_decision(state, recorded)
    if isinstance(recorded.event, ForecastPublished):
        return foresee(state, recorded.event, recorded.at)
    if isinstance(recorded.event, SOAKS):
        return evolve_soak(state, recorded)
    if isinstance(recorded.event, OF_VERSIONS):
        return evolve_version(state, recorded)
    return evolve_change(state, recorded)
