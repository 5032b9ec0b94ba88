"""Events of changes: accepted, started, moved, ended, taken back."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import FINAL, Change, Item, Move, MoveState, Status, advance
from engine.model.event import (
    ChangeAccepted,
    ChangePaused,
    ChangeResumed,
    ChangeStatus,
    ItemStatus,
    MoveEnded,
    MoveIntended,
    Recorded,
)
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Sighting, Unit
from engine.model.state import Good, State
from engine.plan.evolve.parts import instance_state, put_instance, see

KEPT_FINISHED_CHANGES = 200
KEPT_GOOD_VERSIONS = 10


def evolve_change(state: State, recorded: Recorded) -> State:
    """The state after one event of a change."""
    match recorded.event:
        case ChangeAccepted(change):
            changes = {**state.changes, change.id: change}
            return replace(_prune(state, changes), next_change=max(state.next_change, change.number + 1))
        case ChangePaused(change_id, by):
            return _pause(state, _change(state, change_id), by)
        case ChangeResumed(change_id):
            return _resume(state, _change(state, change_id), recorded.elapsed_s)
        case ChangeStatus(change_id, status):
            return _put(state, _change_status(_change(state, change_id), status, recorded))
        case ItemStatus():
            return _item_status(state, recorded.event, recorded)
        case MoveIntended():
            return _intend(state, recorded.event, recorded)
        case MoveEnded():
            return _end(state, recorded.event, recorded)
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")


def restart_clocks(state: State, instance: InstanceId | None = None) -> State:
    """The progress deadline counts anew for what ran (of one instance, if it is named): the time
    for which people held it is not held against it."""
    for change, item in state.rollouts():
        if item.status is Status.RUNNING and instance in (None, change.instance(item)):
            state = _put_item(state, state.changes[change.id], replace(item, progress_at_s=state.elapsed_s))
    return state


def _change(state: State, change_id: str) -> Change:
    try:
        return state.changes[change_id]
    except KeyError:
        raise IllegalTransition(f"there is no change {change_id}") from None


def _put(state: State, change: Change) -> State:
    return replace(state, changes={**state.changes, change.id: change})


def _put_item(state: State, change: Change, item: Item) -> State:
    items = tuple(item if old.service == item.service else old for old in change.items)
    return _put(state, replace(change, items=items))


def _prune(state: State, changes: dict[str, Change]) -> State:
    """Forget the oldest finished changes beyond the number kept; the journal has them all."""
    surplus = len(changes) - KEPT_FINISHED_CHANGES
    if surplus > 0:
        flying = {change.id for change, _, _ in state.moves_in_flight()}
        old = [c.id for c in changes.values() if c.status in FINAL and c.id not in flying][:surplus]
        for change_id in old:
            del changes[change_id]
    return replace(state, changes=changes)


def _pause(state: State, change: Change, by: str) -> State:
    """A change that takes one item back stays ``reverting``; its other items pause."""
    pausable = frozenset({Status.WAITING, Status.RUNNING, Status.PAUSED, Status.REVERTING})
    items = tuple(
        replace(item, status=Status.PAUSED) if item.status is Status.RUNNING else item for item in change.items
    )
    if change.status not in pausable:
        raise IllegalTransition(f"change {change.id} is {change.status.value}: it cannot be paused")
    status = change.status if change.status is Status.REVERTING else Status.PAUSED
    return _put(state, replace(change, status=status, paused_by=by, items=items))


def _resume(state: State, change: Change, elapsed_s: float) -> State:
    items = tuple(
        replace(item, status=Status.RUNNING, progress_at_s=elapsed_s, failure="", moves=_forgiven(item))
        if item.status is Status.PAUSED
        else item
        for item in change.items
    )
    status = Status.RUNNING if change.started else Status.WAITING
    status = change.status if change.status is Status.REVERTING else status
    return _put(state, replace(change, status=advance(change.status, status), paused_by="", items=items))


def _forgiven(item: Item) -> dict[str, Move]:
    """The moves without the unconfirmed ones: a person who resumes wants them tried again."""
    return {
        host: replace(move, forgiven=True) if move.state is MoveState.UNCONFIRMED else move
        for host, move in item.moves.items()
    }


def _change_status(change: Change, status: Status, recorded: Recorded) -> Change:
    started = change.started or (recorded.at if status is Status.RUNNING else None)
    finished = recorded.at if status in FINAL else None
    return replace(change, status=advance(change.status, status), started=started, finished=finished)


def _item_status(state: State, event: ItemStatus, recorded: Recorded) -> State:
    change = _change(state, event.change)
    item = change.item(event.service)
    status = advance(item.status, event.status)
    if status is Status.RUNNING and item.started is None:
        return _start_item(state, change, item, recorded)
    item = replace(
        item,
        status=status,
        failure=event.failure or item.failure,
        finished=recorded.at if status in FINAL else None,
        progress_at_s=recorded.elapsed_s,
    )
    state = _put_item(state, change, item)
    known = instance_state(state, change.instance(item))
    if status is Status.SUCCEEDED:
        good = tuple(g for g in known.good if g.version != item.goal)
        good = (*good, Good(item.goal, item.configuration, item.sha256))[-KEPT_GOOD_VERSIONS:]
        return put_instance(state, replace(known, good=good))
    if status is Status.REVERTED:
        return put_instance(state, replace(known, target=item.origin, configuration=item.origin_configuration))
    return state


def _start_item(state: State, change: Change, item: Item, recorded: Recorded) -> State:
    """A rollout begins: it leaves the last version that was converged here."""
    known = instance_state(state, change.instance(item))
    last = known.good[-1] if known.good else None
    item = replace(
        item,
        status=Status.RUNNING,
        started=recorded.at,
        progress_at_s=recorded.elapsed_s,
        origin=last.version if last else None,
        origin_configuration=last.configuration if last else None,
        origin_sha256=last.sha256 if last else "",
    )
    state = _put_item(state, change, item)
    state = put_instance(state, replace(known, target=item.goal, configuration=item.configuration))
    if change.status is Status.WAITING:
        state = _put(state, _change_status(_change(state, change.id), Status.RUNNING, recorded))
    return state


def _intend(state: State, event: MoveIntended, recorded: Recorded) -> State:
    change = _change(state, event.change)
    item = change.item(event.service)
    before = item.moves.get(event.host)
    if before and before.state is MoveState.MOVING:
        raise IllegalTransition(f"{event.service} on {event.host} is moving already (step {before.step})")
    move = Move(event.host, event.step, event.origin, event.goal, event.attempt, recorded.at, event.back)
    return _put_item(state, change, replace(item, moves={**item.moves, event.host: move}))


def _end(state: State, event: MoveEnded, recorded: Recorded) -> State:
    change = _change(state, event.change)
    item = change.item(event.service)
    move = item.moves.get(event.host)
    if move is None or move.step != event.step or move.state is not MoveState.MOVING:
        raise IllegalTransition(f"step {event.step} on {event.host} is not in flight")
    move = replace(
        move,
        state=event.state,
        finished=recorded.at,
        ended_s=recorded.elapsed_s,
        detail=event.detail,
        log=event.log,
    )
    progress = recorded.elapsed_s if event.state is MoveState.DONE else item.progress_at_s
    item = replace(item, moves={**item.moves, event.host: move}, progress_at_s=progress)
    state = _put_item(state, change, item)
    return _see_end(state, PlacementId(event.service, change.environment, event.host), item, move)


def _see_end(state: State, placement: PlacementId, item: Item, move: Move) -> State:
    """The outcome of a step is itself a sighting: the host judged and reported it."""
    if move.state is MoveState.DONE and move.goal is None:
        return see(state, Sighting(placement, None, unit=Unit.ABSENT))
    if move.state is MoveState.DONE:
        configuration = (item.origin_configuration if move.back else None) or item.configuration
        return see(
            state,
            Sighting(placement, move.goal, move.goal, configuration.digest, Unit.RUNNING, Health.PASSING),
        )
    if move.state in (MoveState.REVERTED, MoveState.UNCONFIRMED):
        unit = Unit.UNKNOWN if move.origin else Unit.ABSENT
        return see(state, Sighting(placement, move.origin, move.origin, unit=unit, detail="just put back"))
    return state
