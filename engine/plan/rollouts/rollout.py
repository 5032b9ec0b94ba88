"""How one instance moves on: which placements next, when it has arrived, when it failed.

It goes in stages (``stages``, ``baking``); within one, placements that are unhealthy and outdated
go first. A placement may be started if the number of unavailable ones stays within every budget, or
does not rise: mending what is broken always may. Every single move is checked once more against
what its neighbours may run.
"""

from __future__ import annotations

from engine.model.change import Status
from engine.model.event import ChangePaused, RolloutShut
from engine.model.names import PlacementId
from engine.model.observation import Reach
from engine.model.snapshot import Action, Decide
from engine.model.stage import StageBaking
from engine.model.wait import Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.care.upkeep import is_away
from engine.plan.rollouts.baking import bake, unhealthy
from engine.plan.rollouts.batch import next_batch
from engine.plan.rollouts.failing import blame, failure, is_lost, lost_beyond_pause
from engine.plan.rollouts.hooks import is_running
from engine.plan.rollouts.once import once_failure, once_first
from engine.plan.rollouts.pausing import clocked, held
from engine.plan.rollouts.shutting import when_shut
from engine.plan.rollouts.stages import Course
from engine.plan.rollouts.under_way import UnderWay

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
    if not_once := once_failure(rollout):
        return [rollout.decide(Status.REVERTING, not_once)], []
    why = failure(rollout) or lost_beyond_pause(rollout)
    if why and not rollout.reverts:
        return ([] if rollout.in_flight else [*blame(rollout), rollout.decide(Status.FAILED, why)]), []
    if why:
        return [*blame(rollout), rollout.decide(Status.REVERTING, why)], []
    if is_lost(rollout):
        return [Decide(ChangePaused(rollout.change.id, "interlock"))], []
    holding = list(held(rollout))
    actions, waits = _forward(rollout, holding, busy, budgets, stop=stop)
    return clocked(rollout, actions, waits, holds=bool(holding)), waits


def _forward(
    rollout: UnderWay, holding: list[Wait], busy: set[str], budgets: Budgets, *, stop: bool
) -> tuple[list[Action], list[Wait]]:
    """The next steps towards the goal: the stage it is at is moved, bakes, or is through."""
    course = Course(rollout)
    left = [p for p in rollout.placements if not rollout.is_at_goal(p) and not rollout.estate.is_moving(p)]
    if course.is_complete:
        actions, waits = _end_of_stage(rollout, course, left)
        if actions or waits:
            return actions, [*waits, *(holding if waits else ())]
    elif lost := _unseen_bake(rollout, course):
        return [lost], []
    if not left and not rollout.in_flight:
        return _conclude(rollout)
    actions, waits = when_shut(rollout)
    if actions:
        return actions, waits
    waits += holding
    if waits or stop:
        return [], waits
    if (first := once_first(rollout, course.todo, busy)) is not None:
        return first
    actions, waits = next_batch(rollout, course.todo, busy, budgets, back=False)
    if not actions and not waits and not rollout.in_flight:  # what is to prove itself does not answer
        waits = [wait for p in course.scope if (wait := rollout.out_of_reach(p) or rollout.moved_by_others(p))]
    return actions, waits


def _end_of_stage(rollout: UnderWay, course: Course, left: list[PlacementId]) -> tuple[list[Action], list[Wait]]:
    """Everything of a stage has arrived. A window that closes over it stops what is left, and
    nothing if nothing is; only a way back is begun whatever bakes."""
    actions, shut = when_shut(rollout)
    if actions and (left or rollout.item.shut_by or _goes_back(actions)):
        return actions, []
    actions, waits = bake(rollout, course)
    deaf = [wait for p in left if (wait := rollout.out_of_reach(p))] if waits else []
    return actions, [*waits, *deaf, *(shut if left and waits else ())]


def _goes_back(actions: list[Action]) -> bool:
    return any(isinstance(a, Decide) and isinstance(a.event, RolloutShut) and a.event.revert for a in actions)


def _unseen_bake(rollout: UnderWay, course: Course) -> Decide | None:
    """A bake of which nothing can be seen any more begins anew when it can."""
    stage, estate = course.stage, rollout.estate
    if rollout.item.bake is None or stage is None or rollout.in_flight:
        return None
    reaches = {estate.state.hosts[p.host].reach for p in stage.placements if rollout.is_at_goal(p)}
    if reaches - {Reach.UNREACHABLE}:
        return None
    return Decide(StageBaking(rollout.change.id, rollout.item.service, ""))


def conclude_back(rollout: UnderWay) -> tuple[list[Action], list[Wait]]:
    """Everything is put back; it is over when what was put back is healthy again, or plainly
    does not become so within the progress deadline."""
    if is_running(rollout.change, rollout.item.service):
        return [], []
    ill = [
        placement
        for placement in rollout.placements
        if placement.host in rollout.item.moves
        and rollout.origin_of(placement) is not None
        and not rollout.estate.available(placement)
        and not is_away(rollout.estate, placement)
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
        waits.append(
            rollout.out_of_reach(placement) or rollout.moved_by_others(placement) or unhealthy(rollout, placement)
        )
    return ([], waits) if waits else ([rollout.decide(Status.SUCCEEDED)], [])


def _advance_back(rollout: UnderWay, busy: set[str], budgets: Budgets) -> tuple[list[Action], list[Wait]]:
    """The rollout is being taken back: every placement to the origin."""
    left = [p for p in rollout.placements if not rollout.is_at_origin(p) and not rollout.estate.is_moving(p)]
    if not left and not rollout.in_flight:
        elsewhere = [wait for p in rollout.placements if (wait := rollout.moved_by_others(p))]
        return ([], elsewhere) if elsewhere else conclude_back(rollout)
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
    turn = Course(rollout).one_domain([p for p in left if p.host not in still], back=True)
    actions, waits = next_batch(rollout, turn, busy, budgets, back=True)
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
