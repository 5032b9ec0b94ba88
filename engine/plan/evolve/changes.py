"""Events of changes: accepted, started, moved, ended, taken back."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import FINAL, Change, Item, Kind, Move, MoveState, Status, advance
from engine.model.event import (
    ChangeAccepted,
    ChangePaused,
    ChangeResumed,
    ChangeStatus,
    ItemStatus,
    MoveEnded,
    MoveIntended,
    Recorded,
    RolloutShut,
)
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Sighting, Unit
from engine.model.state import Good, InstanceState, State
from engine.plan.durations import seconds_a_batch
from engine.plan.evolve.deployed import drop_deployed, put_deployed
from engine.plan.evolve.hosts import begin_errand, come_or_gone, withdrawn
from engine.plan.evolve.parts import change_of, hosts_of, instance_state, put_change, put_instance, see, with_item
from engine.plan.evolve.stages import restarted

KEPT_FINISHED_CHANGES = 200
KEPT_GOOD_VERSIONS = 10
KEPT_DURATIONS = 20


def evolve_change(state: State, recorded: Recorded) -> State:
    """The state after one event of a change."""
    match recorded.event:
        case ChangeAccepted(change):
            changes = {**state.changes, change.id: _leaving(state, change)}
            return replace(_prune(state, changes), next_change=max(state.next_change, change.number + 1))
        case ChangePaused(change_id, by):
            return _pause(state, change_of(state, change_id), by)
        case ChangeResumed(change_id):
            return _resume(state, change_of(state, change_id), recorded.elapsed_s)
        case ChangeStatus(change_id, status):
            return put_change(state, _change_status(change_of(state, change_id), status, recorded))
        case RolloutShut():
            return _shut(state, recorded.event, recorded.elapsed_s)
        case ItemStatus():
            return _item_status(state, recorded.event, recorded)
        case MoveIntended():
            return _intend(state, recorded.event, recorded)
        case MoveEnded():
            return _end(state, recorded.event, recorded)
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")


def _leaving(state: State, change: Change) -> Change:
    """The change with what each of its items would leave if it began now: what is told of one
    that ends without having begun."""
    items = tuple(
        item if item.origin is not None else replace(item, origin=instance_state(state, change.instance(item)).target)
        for item in change.items
    )
    return replace(change, items=items)


def restart_clocks(state: State, instance: InstanceId | None = None) -> State:
    """The progress deadline counts anew for what ran (of one instance, if it is named): the time
    for which people held it is not held against it."""
    for change, item in state.rollouts():
        if item.status is Status.RUNNING and instance in (None, change.instance(item)):
            anew = with_item(state.changes[change.id], restarted(item, state.elapsed_s))
            state = put_change(state, anew)
    return state


def _prune(state: State, changes: dict[str, Change]) -> State:
    """Forget the oldest finished changes beyond the number kept; the journal has them all."""
    surplus = len(changes) - KEPT_FINISHED_CHANGES
    if surplus > 0:
        flying = {change.id for change, _, _ in state.moves_in_flight()}
        flying |= {drained.change for drained in state.drained.values()}
        flying |= {change.follows for change in state.unfinished()}
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
    return put_change(state, replace(change, status=status, paused_by=by, items=items))


def _resume(state: State, change: Change, elapsed_s: float) -> State:
    items = tuple(
        replace(restarted(item, elapsed_s), status=Status.RUNNING, failure="", moves=_forgiven(item))
        if item.status is Status.PAUSED
        else item
        for item in change.items
    )
    status = Status.RUNNING if change.started else Status.WAITING
    status = change.status if change.status is Status.REVERTING else status
    return put_change(state, replace(change, status=advance(change.status, status), paused_by="", items=items))


def _forgiven(item: Item) -> dict[str, Move]:
    """The moves without the unconfirmed ones: a person who resumes wants them tried again."""
    return {
        host: replace(move, forgiven=True) if move.state is MoveState.UNCONFIRMED else move
        for host, move in item.moves.items()
    }


def _change_status(change: Change, status: Status, recorded: Recorded) -> Change:
    started = change.started or (recorded.at if status is Status.RUNNING else None)
    started = None if status is Status.WAITING else started
    finished = recorded.at if status in FINAL else None
    return replace(change, status=advance(change.status, status), started=started, finished=finished)


def _shut(state: State, event: RolloutShut, elapsed_s: float) -> State:
    """A window or freeze over a rollout, or its end. The progress clock stood still meanwhile."""
    change = change_of(state, event.change)
    item = change.item(event.service)
    if event.revert:
        item = replace(item, status=advance(item.status, Status.REVERTING), again=True, shut_by="", bake=None)
    else:
        item = replace(item, shut_by=event.by)
    return put_change(state, with_item(change, restarted(item, elapsed_s)))


def _item_status(state: State, event: ItemStatus, recorded: Recorded) -> State:
    change = change_of(state, event.change)
    item = change.item(event.service)
    status = advance(item.status, event.status)
    if status is Status.WAITING:
        return _back_in_line(state, change, item)
    if status is Status.RUNNING and item.started is None:
        return start_item(state, change, item, recorded)
    goes_on = status in (Status.RUNNING, Status.PAUSED)
    item = replace(
        item,
        status=status,
        failure=event.failure or item.failure,
        finished=recorded.at if status in FINAL else None,
        progress_at_s=recorded.elapsed_s,
        shut_by=item.shut_by if goes_on else "",
        bake=item.bake if goes_on else None,
        stood_since_s=None,
    )
    state = put_change(state, with_item(change, item))
    known = instance_state(state, change.instance(item))
    if change.is_errand:
        return state
    if status is Status.SUCCEEDED and not item.goal:
        return put_instance(state, withdrawn(known))
    if status is Status.SUCCEEDED:
        good = tuple(g for g in known.good if g.version != item.goal)
        good = (*good, Good(item.goal, item.configuration, item.sha256))[-KEPT_GOOD_VERSIONS:]
        hosts = hosts_of(state, known.id)
        state = _at_goal_already(state, known.id, item, hosts)
        return put_instance(state, _learned(replace(known, good=good, hosts=hosts), item))
    never_begun = status is Status.SUPERSEDED and item.started is not None and not item.moves
    if status is Status.REVERTED or (never_begun and known.target == item.goal):
        known = replace(known, good=_good_after(known.good, change, item)) if status is Status.REVERTED else known
        return put_instance(state, replace(known, target=item.origin, configuration=item.origin_configuration))
    return state


def _good_after(good: tuple[Good, ...], change: Change, item: Item) -> tuple[Good, ...]:
    """The versions that were good here, after a rollout was taken back. If it had arrived, what it went
    back to is the newest again; what it had brought is none to go back to, unless it was before."""
    if not good or good[-1].version != item.goal:
        return good
    others = tuple(each for each in good if each.version not in (item.goal, item.origin))
    kept = good[-1:] if change.kind is Kind.ROLLBACK and item.goal != item.origin else ()
    if item.origin is None or item.origin_configuration is None:
        return (*others, *kept)
    return (*others, *kept, Good(item.origin, item.origin_configuration, item.origin_sha256))


def _at_goal_already(state: State, instance: InstanceId, item: Item, hosts: tuple[str, ...]) -> State:
    """What a rollout found at its goal and did not touch has what it brings; its content is what it
    was, which nobody may know. An orphan, which it passed over, stays what it was."""
    digest, found = item.configuration.digest, list[str]()
    for host in hosts:
        placement = PlacementId(*instance, host)
        sighting, deployed = state.sightings[placement], state.deployed.get(placement)
        told = sighting.configuration if sighting.configuration or deployed is None else deployed.configuration
        is_there = sighting.version == item.goal and told in (None, digest)
        if is_there and host not in item.moves and (deployed is None or deployed.configuration != digest):
            found.append(host)
    return put_deployed(state, instance, found, item.goal, item.configuration)


def _back_in_line(state: State, change: Change, item: Item) -> State:
    """A rollout that went back waits for its next turn, under new step names; what it went back
    to is the target until then."""
    known = instance_state(state, change.instance(item))
    if not change.is_errand:
        state = put_instance(state, replace(known, target=item.origin, configuration=item.origin_configuration))
    anew = Item(item.service, item.goal, item.configuration, item.sha256, retries=item.retries + 1)
    anew = replace(anew, staged=item.staged, hosts=item.hosts)
    return put_change(state, with_item(change, anew))


def _learned(known: InstanceState, item: Item) -> InstanceState:
    """How long its rollout took, kept with the latest others."""
    took_s = seconds_a_batch(item)
    return known if took_s is None else replace(known, batch_s=(*known.batch_s, took_s)[-KEPT_DURATIONS:])


def start_item(state: State, change: Change, item: Item, recorded: Recorded) -> State:
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
    if change.is_errand:
        item = begin_errand(known, change, replace(item, origin=None, origin_configuration=None, origin_sha256=""))
    else:
        state = put_instance(state, replace(known, target=item.goal or None, configuration=item.configuration))
    state = put_change(state, with_item(change, item))
    if change.status is Status.WAITING:
        state = put_change(state, _change_status(change_of(state, change.id), Status.RUNNING, recorded))
    return state


def _intend(state: State, event: MoveIntended, recorded: Recorded) -> State:
    change = change_of(state, event.change)
    item = change.item(event.service)
    before = item.moves.get(event.host)
    if before and before.state is MoveState.MOVING:
        raise IllegalTransition(f"{event.service} on {event.host} is moving already (step {before.step})")
    failures = before.failures + before.has_failed if before else 0
    move = Move(
        event.host, event.step, event.origin, event.goal, event.attempt, recorded.at, event.back, failures=failures
    )
    bake = item.bake if event.back else None  # what moves now has not baked yet
    return put_change(state, with_item(change, replace(item, moves={**item.moves, event.host: move}, bake=bake)))


def _end(state: State, event: MoveEnded, recorded: Recorded) -> State:
    change = change_of(state, event.change)
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
    item = replace(item, moves={**item.moves, event.host: move})
    item = restarted(item, recorded.elapsed_s) if event.state is MoveState.DONE else item
    state = put_change(state, with_item(change, item))
    if move.state is MoveState.DONE:
        state = come_or_gone(state, change.instance(item), change, move)
    return _see_end(state, PlacementId(event.service, change.environment, event.host), item, move)


def _see_end(state: State, placement: PlacementId, item: Item, move: Move) -> State:
    """The outcome of a step is itself a sighting: the host judged and reported it."""
    if move.state is MoveState.DONE and move.goal is None:
        return see(drop_deployed(state, placement), Sighting(placement, None, unit=Unit.ABSENT))
    if move.state is MoveState.DONE and move.goal is not None:
        configuration = (item.origin_configuration if move.back else None) or item.configuration
        sha256 = item.origin_sha256 if move.back else item.sha256
        state = put_deployed(state, placement.instance, (placement.host,), move.goal, configuration, sha256)
        return see(
            state,
            Sighting(
                placement, move.goal, move.goal, configuration.digest, Unit.RUNNING, Health.PASSING, sha256=sha256
            ),
        )
    if move.state in (MoveState.REVERTED, MoveState.UNCONFIRMED):
        unit = Unit.UNKNOWN if move.origin else Unit.ABSENT
        return see(state, Sighting(placement, move.origin, move.origin, unit=unit, detail="just put back"))
    return state
