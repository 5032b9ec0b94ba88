"""Events of hooks: begun, ended, settled by a person; and which placements are drained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

from engine.errors import IllegalTransition
from engine.model.change import Change, Item
from engine.model.event import Recorded
from engine.model.healing import Healing
from engine.model.hook import LEGAL, HookName, HookRun, HookState, once_of
from engine.model.hook_event import HookEnded, HookIntended, HookSettled
from engine.model.names import PlacementId
from engine.model.state import Drained, State
from engine.plan.evolve.parts import change_of, put_change, with_item

OF_HOOKS = (HookIntended, HookEnded, HookSettled)
T = TypeVar("T", bound=Change | Healing)
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0


def evolve_hook(state: State, recorded: Recorded) -> State:
    """The state after one event of a hook."""
    match recorded.event:
        case HookIntended():
            return _intend(state, recorded.event, recorded)
        case HookEnded():
            return _end(state, recorded.event, recorded)
        case HookSettled():
            return _settle(state, recorded.event)
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")


def set_aside_failed(change: Change, services: Collection[str]) -> Change:
    """The runs of ``once`` that failed, as a retry leaves them: another one may begin."""
    for service in services:
        run = once_of(change.hooks, service)
        if run is not None and run.state is HookState.FAILED:
            change = _with_run(change, _advance(run, HookState.SET_ASIDE))
    return change


def pause_s(attempts: int) -> float:
    """How long to wait after so many tries of ``undrain``, in seconds."""
    return float(min(FIRST_PAUSE_S * 2 ** min(attempts - 1, 10), LONGEST_PAUSE_S))


def _advance(run: HookRun, state: HookState) -> HookRun:
    if state not in LEGAL[run.state]:
        raise IllegalTransition(f"the hook {run.step} cannot go from {run.state.value} to {state.value}")
    return replace(run, state=state)


def _owner(state: State, event: HookIntended | HookEnded) -> Change | Healing:
    """The change that a hook is run for, or the heal of the placement."""
    if event.change:
        return change_of(state, event.change)
    for healing in state.healings.values():
        if (healing.placement.service, healing.placement.host) == (event.service, event.host):
            return healing
    raise IllegalTransition(f"the hook {event.step} belongs to no heal")


def _put(state: State, owner: Change | Healing) -> State:
    if isinstance(owner, Change):
        return put_change(state, owner)
    return replace(state, healings={**state.healings, owner.placement: owner})


def _with_run(change: T, run: HookRun) -> T:
    return replace(change, hooks={**change.hooks, run.step: run})


def _run_of(change: Change | Healing, step: str) -> HookRun:
    try:
        return change.hooks[step]
    except KeyError:
        raise IllegalTransition(f"change {change.id or 'of no number'} has no hook {step}") from None


def _intend(state: State, event: HookIntended, recorded: Recorded) -> State:
    change = _owner(state, event)
    if event.step in change.hooks:
        raise IllegalTransition(f"the hook {event.step} was begun already")
    run = HookRun(event.hook, event.service, event.host, event.step, event.on, recorded.at, event.move, event.attempt)
    state = _put(state, _with_run(change, run))
    placement = PlacementId(event.service, change.environment, event.host)
    if event.hook is HookName.DRAIN and isinstance(change, Change):
        return _drain(state, change.item(event.service), placement, event)
    known = state.drained.get(placement)
    if event.hook is HookName.UNDRAIN and known is not None:
        return _put_drained(state, replace(known, running=event.step, attempts=event.attempt))
    return state


def _drain(state: State, item: Item, placement: PlacementId, event: HookIntended) -> State:
    """From the intent on it may be drained; where nothing undoes that, nothing is owed."""
    move = item.moves[event.host]
    configuration = (item.origin_configuration if move.back else None) or item.configuration
    if configuration.hooks.undrain is None:
        return state
    return _put_drained(state, Drained(placement, event.change, event.move, configuration))


def _put_drained(state: State, drained: Drained) -> State:
    return replace(state, drained={**state.drained, drained.placement: drained})


def _without(state: State, placement: PlacementId) -> State:
    return replace(state, drained={p: d for p, d in state.drained.items() if p != placement})


def _end(state: State, event: HookEnded, recorded: Recorded) -> State:
    change = _owner(state, event)
    run = _advance(_run_of(change, event.step), event.state)
    run = replace(run, finished=recorded.at, ended_s=recorded.elapsed_s, detail=event.detail, log=event.log)
    change = _with_run(change, run)
    if isinstance(change, Change) and event.hook in (HookName.ONCE, HookName.UNDRAIN, HookName.POST):
        change = with_item(change, replace(change.item(event.service), progress_at_s=recorded.elapsed_s))
    state = _put(state, change)
    placement = PlacementId(event.service, change.environment, event.host)
    known = state.drained.get(placement)
    if isinstance(change, Change) and event.hook is HookName.DRAIN and event.state is HookState.WITHHELD:
        return _without(state, placement)  # it never began
    if event.hook is not HookName.UNDRAIN or known is None or known.running != event.step:
        return state
    if event.state is HookState.DONE:
        return _without(state, placement)
    again_s = recorded.elapsed_s + pause_s(known.attempts)
    what = "failed" if event.state is HookState.FAILED else "has no known outcome"
    return _put_drained(state, replace(known, running="", again_s=again_s, detail=f"{what}: {event.detail}"))


def _settle(state: State, event: HookSettled) -> State:
    change = change_of(state, event.change)
    run = _run_of(change, event.step)
    wanted = HookState.SET_ASIDE if event.again else HookState.DONE
    said = f"{event.by} asked for another run" if event.again else f"{event.by} says that it did its work"
    state = put_change(state, _with_run(change, replace(_advance(run, wanted), detail=f"{run.detail}; {said}")))
    placement = PlacementId(run.service, change.environment, run.host)
    known = state.drained.get(placement)
    if run.hook is not HookName.UNDRAIN or known is None:
        return state
    return _put_drained(state, replace(known, again_s=0.0)) if event.again else _without(state, placement)
