"""Folds events into state: ``evolve(state, recorded)`` is the only way state comes about, in
the running engine, at start-up from the journal, and in the forecast. An event that the
present state does not allow raises ``IllegalTransition`` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby

from engine.model.access import InventoryLoaded, JournalCopied, RequestTurnedDown
from engine.model.event import (
    AlarmSeen,
    EnginePaused,
    EngineResumed,
    EngineStarted,
    ForecastPublished,
    InstanceAdopted,
    InstanceHeld,
    InstanceReleased,
    Recorded,
)
from engine.model.external import ExternalSeen
from engine.model.observation import Reach
from engine.model.outage import OutageBegan
from engine.model.staging import ReleasePinned, ReleaseStaged
from engine.model.state import Good, State
from engine.plan.evolve.alarms import hear, hear_external
from engine.plan.evolve.changes import evolve_change, restart_clocks
from engine.plan.evolve.deployed import put_deployed
from engine.plan.evolve.forecasts import foresee
from engine.plan.evolve.healing import OF_HEALING, evolve_healing
from engine.plan.evolve.hooks import OF_HOOKS, evolve_hook
from engine.plan.evolve.hosts import MAINTENANCE, evolve_maintenance
from engine.plan.evolve.outages import begin_outage
from engine.plan.evolve.parts import instance_state, put_instance
from engine.plan.evolve.people import DECISIONS, evolve_decision
from engine.plan.evolve.seen import OBSERVATIONS, take_in_seen
from engine.plan.evolve.soaks import SOAKS, evolve_soak
from engine.plan.evolve.stages import STAGES, evolve_stage
from engine.plan.evolve.staging import evolve_staging
from engine.plan.evolve.versions import OF_VERSIONS, evolve_version

__all__ = ["evolve", "fold", "instance_state"]


def fold(state: State, events: Iterable[Recorded]) -> State:
    """All of ``events`` applied in order."""
    for is_seen, run in groupby(events, lambda recorded: isinstance(recorded.event, OBSERVATIONS)):
        if is_seen:
            state = take_in_seen(state, run)
            continue
        for recorded in run:
            state = evolve(state, recorded)
    return state


def evolve(state: State, recorded: Recorded) -> State:
    """The state after one event."""
    if state.elapsed_s != recorded.elapsed_s:
        state = replace(state, elapsed_s=recorded.elapsed_s)
    for kinds, folds in _FAMILIES:
        if isinstance(recorded.event, kinds):
            return folds(state, recorded)
    if isinstance(recorded.event, OF_HEALING):
        return evolve_healing(state, recorded)
    return evolve_change(state, recorded)


def _evolve_engine(state: State, recorded: Recorded) -> State:
    match recorded.event:
        case EngineStarted(store, epoch, engine):
            hosts = {n: replace(h, reach=Reach.UNKNOWN, fenced=False) for n, h in state.hosts.items()}
            return replace(state, store=store, epoch=epoch, engine=engine, hosts=hosts, alarms={}, externals={})
        case EnginePaused(by):
            return replace(state, paused_by=by)
        case _:
            return restart_clocks(replace(state, paused_by=""))


def _evolve_seen(state: State, recorded: Recorded) -> State:
    return take_in_seen(state, (recorded,))


def _evolve_alarm(state: State, recorded: Recorded) -> State:
    return hear(state, recorded.event, recorded) if isinstance(recorded.event, AlarmSeen) else state


def _evolve_instance(state: State, recorded: Recorded) -> State:
    match recorded.event:
        case InstanceAdopted(instance, version, configuration, hosts):
            known = replace(instance_state(state, instance), good=(Good(version, configuration),), hosts=hosts)
            state = put_deployed(state, instance, hosts, version, configuration)
            return put_instance(state, replace(known, target=version, configuration=configuration))
        case InstanceHeld(instance, by):
            return put_instance(state, replace(instance_state(state, instance), held_by=by))
        case InstanceReleased(instance):
            released = put_instance(state, replace(instance_state(state, instance), held_by=""))
            return restart_clocks(released, instance)
        case _:
            return state


def _evolve_forecast(state: State, recorded: Recorded) -> State:
    event = recorded.event
    return foresee(state, event, recorded.at) if isinstance(event, ForecastPublished) else state


def _changes_nothing(state: State, recorded: Recorded) -> State:
    return state


# Which events go where; what no family names belongs to a change.
_FAMILIES: tuple[tuple[tuple[type, ...], Callable[[State, Recorded], State]], ...] = (
    ((EngineStarted, EnginePaused, EngineResumed), _evolve_engine),
    (OBSERVATIONS, _evolve_seen),
    ((AlarmSeen,), _evolve_alarm),
    ((InstanceAdopted, InstanceHeld, InstanceReleased), _evolve_instance),
    ((ForecastPublished,), _evolve_forecast),
    ((OutageBegan,), begin_outage),
    ((ExternalSeen,), hear_external),
    ((ReleaseStaged, ReleasePinned), evolve_staging),
    ((RequestTurnedDown, JournalCopied, InventoryLoaded), _changes_nothing),
    (DECISIONS, evolve_decision),
    (SOAKS, evolve_soak),
    (STAGES, evolve_stage),
    (OF_VERSIONS, evolve_version),
    (MAINTENANCE, evolve_maintenance),
    (OF_HOOKS, evolve_hook),
)
