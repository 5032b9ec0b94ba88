"""When a rollout has failed, and whether the version is to blame: too many placements went back,
a stage did not stay healthy through its bake, an alarm began to fire, or nothing came on in time.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.change import Move, MoveState, Status
from engine.model.snapshot import Decide
from engine.model.wait import Reason
from engine.plan.care.upkeep import in_reach
from engine.plan.people.alarms import fired_during
from engine.plan.people.bad import mark
from engine.plan.people.overrides import is_lifted
from engine.plan.rollouts.baking import failed_in_bake
from engine.plan.rollouts.hooks import is_running
from engine.plan.rollouts.pausing import held
from engine.plan.rollouts.under_way import UnderWay

UNCONFIRMED_TRIES = 2


def failure(rollout: UnderWay) -> str:
    """Why the rollout has failed, for people: host, check, last log lines; "" if it has not."""
    return _too_many(rollout) or _beyond(rollout)


def _too_many(rollout: UnderWay) -> str:
    """The placements that failed are more than ``max_failures``, or one of them has failed again."""
    moves = [move for move in rollout.item.moves.values() if move.has_failed or move.failures]
    failed = [move for move in moves if move.has_failed]
    again = next((move for move in failed if move.failures), None)
    if again is not None:
        return f"{_told(rollout, again)}\n(for the second time)"
    allowed = rollout.policy.max_failures.of(len(rollout.placements))
    if not failed or len(moves) <= allowed:
        return ""
    more = f"\n({len(moves)} placements have failed, and max_failures is {rollout.policy.max_failures})"
    return f"{_told(rollout, failed[-1])}{more if allowed else ''}"


def _told(rollout: UnderWay, move: Move) -> str:
    log = "".join(f"\n  {move.host}| {line}" for line in move.log[-5:])
    return f"{rollout.item.service} {move.goal} failed on {move.host}: {move.detail}{log}"


def _alarm(rollout: UnderWay) -> str:
    """The alarm that began to fire while the rollout ran, "" if none did or nobody cares."""
    if is_lifted(rollout.estate, rollout.change, Reason.ALARM_FIRING):
        return ""
    fired = fired_during(rollout.estate, rollout.change, rollout.item)
    return f"{rollout.item.service} {rollout.item.goal}: {fired}" if fired else ""


def blame(rollout: UnderWay) -> Iterable[Decide]:
    """The version is bad if its own placements failed health or the deadline, or an alarm fired; what the host or
    the link did says nothing about it, nor does a new configuration of what ran well before."""
    unhealthy = any(not m.back and m.state is MoveState.REVERTED for m in rollout.item.moves.values())
    if rollout.item.goal == rollout.item.origin or not (unhealthy or _beyond(rollout)):
        return ()
    return mark(rollout.estate, rollout.instance, rollout.item.goal, failure(rollout), rollout.change.id)


def _beyond(rollout: UnderWay) -> str:
    """What failed that is no single move."""
    return failed_in_bake(rollout) or _alarm(rollout) or _is_late(rollout)


def is_lost(rollout: UnderWay) -> bool:
    """Whether a placement could not be confirmed as often as it is tried without a person."""
    return rollout.item.status is Status.RUNNING and any(
        move.counts_as_lost and move.attempt >= UNCONFIRMED_TRIES for move in rollout.item.moves.values()
    )


def lost_beyond_pause(rollout: UnderWay) -> str:
    """A change that is being taken back cannot wait for a person: what was lost fails too."""
    if rollout.change.status is not Status.REVERTING or not is_lost(rollout):
        return ""
    move = next(move for move in rollout.item.moves.values() if move.counts_as_lost)
    return f"{rollout.item.service} {move.goal} could not be confirmed on {move.host}, which was put back"


def _is_late(rollout: UnderWay) -> str:
    """Why the progress deadline is over, "" while it is not. Moves in flight have deadlines of
    their own on the host, and hosts that do not answer are waited for."""
    elapsed_s = rollout.item.progress_s(rollout.estate.snapshot.elapsed_s)
    if (
        elapsed_s <= rollout.policy.progress_deadline_s
        or rollout.item.status is not Status.RUNNING
        or rollout.in_flight
        or is_running(rollout.change, rollout.item.service)
        or rollout.item.bake
        or rollout.item.shut_by
        or any(True for _ in held(rollout))
    ):
        return ""
    ill = [
        placement
        for placement in rollout.placements
        if in_reach(rollout.estate, placement.host)
        and not rollout.estate.available(placement)
        and placement not in rollout.estate.state.drained  # what a hook fails to do says nothing of the version
    ]
    if not ill:
        return ""
    what = f"{rollout.item.service} {rollout.item.goal}"
    limit_s = rollout.policy.progress_deadline_s
    return f"{what}: no progress within {limit_s:g} s; {ill[0].host}: {rollout.illness(ill[0])}"
