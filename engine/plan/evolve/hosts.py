"""Events of host maintenance, and what errands (changes that ask for no version) leave behind."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import Change, Item, Kind, Move
from engine.model.event import Recorded
from engine.model.maintenance import (
    HostCordoned,
    HostDrained,
    HostRetired,
    HostUncordoned,
    HostUnretired,
    Maintenance,
    Upkeep,
)
from engine.model.names import InstanceId
from engine.model.state import InstanceState, State
from engine.plan.evolve.parts import instance_state, put_instance

MAINTENANCE = (HostCordoned, HostDrained, HostUncordoned, HostRetired, HostUnretired)


def evolve_maintenance(state: State, recorded: Recorded) -> State:
    """The state after one of ``MAINTENANCE``."""
    match recorded.event:
        case HostCordoned(host, by, reason):
            return _aside(state, Maintenance(host, Upkeep.CORDONED, by, reason, recorded.at))
        case HostDrained(host, by, reason):
            return _aside(state, Maintenance(host, Upkeep.DRAINED, by, reason, recorded.at))
        case HostRetired(host, by, reason):
            return _aside(state, Maintenance(host, Upkeep.RETIRED, by, reason, recorded.at))
        case HostUncordoned(host) | HostUnretired(host):
            left = {name: aside for name, aside in state.maintenance.items() if name != host}
            return replace(state, maintenance=left)
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")


def _aside(state: State, aside: Maintenance) -> State:
    return replace(state, maintenance={**state.maintenance, aside.host: aside})


def begin_errand(known: InstanceState, change: Change, item: Item) -> Item:
    """An errand's item as it begins: what is restarted or brought back is what the instance is
    held at by then, and there is nothing else to go back to."""
    if change.kind not in (Kind.RESTART, Kind.RETURN) or known.target is None:
        return item
    sha256 = next((good.sha256 for good in reversed(known.good) if good.version == known.target), "")
    item = replace(item, goal=known.target, configuration=known.configuration or item.configuration, sha256=sha256)
    if change.kind is Kind.RETURN:
        return item
    return replace(item, origin=item.goal, origin_configuration=item.configuration, origin_sha256=sha256)


def withdrawn(known: InstanceState) -> InstanceState:
    """What is known of an instance after it was removed: nothing to go back to, or to come back."""
    return replace(known, target=None, configuration=None, good=(), hosts=(), away=())


def come_or_gone(state: State, instance: InstanceId, change: Change, move: Move) -> State:
    """Whether a placement is away for maintenance, now that a step of it is done."""
    known = instance_state(state, instance)
    if change.kind is Kind.DRAIN and move.goal is None:
        away = tuple(sorted({*known.away, move.host}))
    elif move.goal is not None:
        away = tuple(host for host in known.away if host != move.host)
    else:
        return state
    return state if away == known.away else put_instance(state, replace(known, away=away))
