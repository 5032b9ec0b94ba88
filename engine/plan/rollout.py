"""How one instance moves on: which placements next, when it has arrived, when it failed.

Placements that are unhealthy and outdated go first. A placement may be started if the number
of unavailable ones stays within ``max_parallel`` and every budget, or does not rise: mending
what is broken always may. Every single move is checked once more against what its neighbours may run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from engine.model.change import MoveState, Status
from engine.model.event import ChangePaused
from engine.model.names import PlacementId
from engine.model.snapshot import Action, Decide
from engine.model.wait import Reason, Wait
from engine.plan.alarms import alarm_waits, fired_during
from engine.plan.bad import mark
from engine.plan.batch import next_batch
from engine.plan.budget import Budgets
from engine.plan.gates.artifact import artifact_fault
from engine.plan.holds import holds
from engine.plan.overrides import is_lifted
from engine.plan.shutting import when_shut
from engine.plan.under_way import UnderWay

UNCONFIRMED_TRIES = 2
BACK_TRIES = 3
BACK_PAUSE_S = 10.0


def advance(
    rollout: UnderWay, busy: set[str], budgets: Budgets, *, stop: bool = False
) -> tuple[list[Action], list[Wait]]:
    """What to do next for one rollout, and why the rest of it waits.

    ``busy`` are the hosts with a step in flight or planned; it grows by what is planned here,
    and ``budgets`` shrink by it.
    ``stop``: start nothing more, a newer change takes over at the safe point.
    """
    if not rollout.placements and not rollout.in_flight:
        gone = f"{rollout.instance} left the inventory before this was done; what its hosts run was not touched"
        return [rollout.decide(Status.FAILED, "\n".join(filter(None, (rollout.item.failure, gone))))], []
    if rollout.item.status is Status.REVERTING:
        return _advance_back(rollout, busy, budgets)
    failure = _failure(rollout) or _lost_beyond_pause(rollout)
    if failure and not rollout.policy.auto_revert:
        return ([] if rollout.in_flight else [*_blame(rollout), rollout.decide(Status.FAILED, failure)]), []
    if failure:
        return [*_blame(rollout), rollout.decide(Status.REVERTING, failure)], []
    if _is_lost(rollout):
        return [Decide(ChangePaused(rollout.change.id, "interlock"))], []
    left = [p for p in rollout.placements if not rollout.is_at_goal(p) and not rollout.estate.is_moving(p)]
    if not left and not rollout.in_flight:
        return _conclude(rollout)
    actions, waits = when_shut(rollout)
    if actions:
        return actions, waits
    waits += _holds(rollout)
    if waits or stop:
        return [], waits
    return next_batch(rollout, left, busy, budgets, back=False)


def _failure(rollout: UnderWay) -> str:
    """Why the rollout has failed, for people: host, check, last log lines; "" if it has not."""
    for move in rollout.item.moves.values():
        if not move.back and move.state in (MoveState.REVERTED, MoveState.FAILED):
            log = "".join(f"\n  {move.host}| {line}" for line in move.log[-5:])
            return f"{rollout.item.service} {move.goal} failed on {move.host}: {move.detail}{log}"
    return _alarm(rollout) or _is_late(rollout)


def _alarm(rollout: UnderWay) -> str:
    """The alarm that began to fire while the rollout ran, "" if none did or nobody cares."""
    if is_lifted(rollout.estate, rollout.change, Reason.ALARM_FIRING):
        return ""
    fired = fired_during(rollout.estate, rollout.change, rollout.item)
    return f"{rollout.item.service} {rollout.item.goal}: {fired}" if fired else ""


def _blame(rollout: UnderWay) -> Iterable[Decide]:
    """The version is bad if its own placements failed health or the deadline, or an alarm fired; what the host or
    the link did says nothing about it, nor does a new configuration of what ran well before."""
    unhealthy = any(not m.back and m.state is MoveState.REVERTED for m in rollout.item.moves.values())
    if rollout.item.goal == rollout.item.origin or not (unhealthy or _alarm(rollout) or _is_late(rollout)):
        return ()
    return mark(rollout.estate, rollout.instance, rollout.item.goal, _failure(rollout), rollout.change.id)


def _is_lost(rollout: UnderWay) -> bool:
    """Whether a placement could not be confirmed as often as it is tried without a person."""
    return rollout.item.status is Status.RUNNING and any(
        move.counts_as_lost and move.attempt >= UNCONFIRMED_TRIES for move in rollout.item.moves.values()
    )


def _lost_beyond_pause(rollout: UnderWay) -> str:
    """A change that is being taken back cannot wait for a person: what was lost fails too."""
    if rollout.change.status is not Status.REVERTING or not _is_lost(rollout):
        return ""
    move = next(move for move in rollout.item.moves.values() if move.counts_as_lost)
    return f"{rollout.item.service} {move.goal} could not be confirmed on {move.host}, which was put back"


def _is_late(rollout: UnderWay) -> str:
    """Why the progress deadline is over, "" while it is not. Moves in flight have deadlines of
    their own on the host, and hosts that do not answer are waited for."""
    elapsed_s = rollout.estate.snapshot.elapsed_s - rollout.item.progress_at_s
    if (
        elapsed_s <= rollout.policy.progress_deadline_s
        or rollout.item.status is not Status.RUNNING
        or rollout.in_flight
        or rollout.item.shut_by
        or any(True for _ in _holds(rollout))
    ):
        return ""
    ill = [
        placement
        for placement in rollout.placements
        if rollout.estate.reachable(placement.host) and not rollout.estate.available(placement)
    ]
    if not ill:
        return ""
    what = f"{rollout.item.service} {rollout.item.goal}"
    limit_s = rollout.policy.progress_deadline_s
    return f"{what}: no progress within {limit_s:g} s; {ill[0].host}: {rollout.illness(ill[0])}"


def conclude_back(rollout: UnderWay) -> tuple[list[Action], list[Wait]]:
    """Everything is put back; it is over when what was put back is healthy again, or plainly
    does not become so within the progress deadline."""
    ill = [
        placement
        for placement in rollout.placements
        if placement.host in rollout.item.moves
        and rollout.origin_of(placement) is not None
        and not rollout.estate.available(placement)
    ]
    if not ill:
        again = rollout.change.goes_again(rollout.item)
        return [rollout.decide(Status.WAITING if again else Status.REVERTED)], []
    waits: list[Wait] = []
    for placement in ill:
        if rollout.estate.reachable(placement.host):
            message = f"{placement.host} was put back and is not healthy yet: {rollout.illness(placement)}"
            waits.append(rollout.wait(Reason.BLAST_RADIUS, placement, message))
        else:
            waits.append(rollout.unreachable(placement))
    elapsed_s = rollout.estate.snapshot.elapsed_s - rollout.item.progress_at_s
    reachable = [wait.message for wait in waits if wait.reason is Reason.BLAST_RADIUS]
    if reachable and elapsed_s > rollout.policy.progress_deadline_s:
        return [rollout.decide(Status.FAILED, "\n".join([rollout.item.failure, *reachable]))], []
    return [], waits


def _conclude(rollout: UnderWay) -> tuple[list[Action], list[Wait]]:
    """All moves are done: has it arrived, or must some placement still become healthy?"""
    waits: list[Wait] = []
    for placement in rollout.placements:
        if rollout.estate.available(placement):
            continue
        if not rollout.estate.reachable(placement.host):
            waits.append(rollout.unreachable(placement))
        else:
            message = f"{placement.host} runs {rollout.item.goal} and is not healthy: {rollout.illness(placement)}"
            waits.append(rollout.wait(Reason.BLAST_RADIUS, placement, message))
    return ([], waits) if waits else ([rollout.decide(Status.SUCCEEDED)], [])


def _holds(rollout: UnderWay) -> Iterator[Wait]:
    """What stops the whole rollout from starting another placement forward."""
    yield from holds(rollout.estate, rollout.change, rollout.item)
    for wait in alarm_waits(rollout.estate, rollout.change, rollout.item):
        if not is_lifted(rollout.estate, rollout.change, wait.reason):
            yield wait
    fault = artifact_fault(rollout.estate, rollout.change, rollout.item)
    if fault:
        reason, message, unblock = fault
        yield rollout.wait(reason, rollout.instance, message, unblock)
    clash = rollout.unsafe(rollout.item.goal)
    if clash:
        yield rollout.wait(Reason.DEPENDENCY_VERSION, rollout.instance, clash.sentence())
    yield from _stands_aside(rollout)


def _stands_aside(rollout: UnderWay) -> Iterator[Wait]:
    """Joined services never roll at the same time. What began while this one stood still, paused
    or with nothing left in reach, is done first."""
    mine = rollout.item
    for other in rollout.estate.neighbours(mine.service):
        change = rollout.estate.rolling(rollout.instance._replace(service=other))
        theirs = change.item(other) if change else None
        if change is None or theirs is None or theirs.status is not Status.RUNNING:
            continue
        if mine.started and theirs.started and (theirs.started, change.number) > (mine.started, rollout.change.number):
            message = f"{other} is rolling (change {change.id}), which began while this stood still"
            yield replace(rollout.wait(Reason.DEPENDENCY_BUSY, rollout.instance, message), blocker=change.id)


def _advance_back(rollout: UnderWay, busy: set[str], budgets: Budgets) -> tuple[list[Action], list[Wait]]:
    """The rollout is being taken back: every placement to the origin."""
    left = [p for p in rollout.placements if not rollout.is_at_origin(p) and not rollout.estate.is_moving(p)]
    if not left and not rollout.in_flight:
        return conclude_back(rollout)
    spent = [
        move for p in left if (move := rollout.item.moves.get(p.host)) and move.back and move.attempt >= BACK_TRIES
    ]
    if spent and not rollout.in_flight:
        messages = [f"could not be put back to {move.goal} on {move.host}: {move.detail}" for move in spent]
        return [rollout.decide(Status.FAILED, "\n".join([rollout.item.failure, *messages]))], []
    if rollout.estate.snapshot.draining:
        message = "the engine is stopping; it goes on when an engine runs again"
        return [], [rollout.wait(Reason.ENGINE_DRAINING, rollout.instance, message)]
    for placement in left:
        clash = rollout.unsafe(rollout.origin_of(placement))
        if clash:
            message = f"cannot be put back to {rollout.origin_of(placement)}: {clash.sentence()}"
            return [], [rollout.wait(Reason.DEPENDENT_INCOMPATIBLE, rollout.instance, message)]
    resting = [wait for p in left if (wait := rest(rollout, p))]
    still = {move.host for move in spent} | {wait.subject.rpartition("/")[2] for wait in resting}
    actions, waits = next_batch(rollout, [p for p in left if p.host not in still], busy, budgets, back=True)
    return actions, [*waits, *resting]


def rest(rollout: UnderWay, placement: PlacementId) -> Wait | None:
    """The pause before a placement that could not be put back is tried again: what filled the
    disk or killed the job is seldom gone within a second."""
    move = rollout.item.moves.get(placement.host)
    if move is None or not move.back or move.attempt >= BACK_TRIES:
        return None
    left_s = move.ended_s + BACK_PAUSE_S * move.attempt - rollout.estate.snapshot.elapsed_s
    if left_s <= 0:
        return None
    message = f"{placement.host} could not be put back to {move.goal}: {move.detail}; next try in {left_s:.0f} s"
    return rollout.wait(Reason.FAILED_EARLIER, placement, message)
