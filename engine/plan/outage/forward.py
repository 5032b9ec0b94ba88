"""The way forward of an outage: stop, move, start. Whatever fails takes all of it back: what is
stopped cannot wait for a person, whatever its rollout policy says.
"""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import MoveState, Status
from engine.model.event import ChangePaused, ItemStatus
from engine.model.names import PlacementId
from engine.model.snapshot import Action, Decide
from engine.model.wait import Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.gates.artifact import artifact_fault
from engine.plan.outage.moves import spent, start, stop
from engine.plan.outage.party import Party, idle, is_there, names, still_old, waits_for
from engine.plan.people.bad import mark
from engine.plan.people.holds import holds
from engine.plan.rollouts.hooks import is_running
from engine.plan.rollouts.once import once_failure, once_first
from engine.plan.rollouts.rollout import advance
from engine.plan.rollouts.under_way import UnderWay

Part = tuple[list[Action], list[Wait]]


def go_on(party: Party, rollout: UnderWay, busy: set[str], budgets: Budgets) -> Part:
    """The next steps of one member."""
    item = rollout.item
    if party.lost is not None:
        return [rollout.decide(Status.REVERTING, f"goes back with {party.lost.item.service}")], []
    failure = _failure(party, rollout)
    if failure:
        return [*_blame(rollout, failure), rollout.decide(Status.REVERTING, failure)], []
    if party.is_there:
        return [rollout.decide(Status.SUCCEEDED)], []
    if any(still_old(each) for each in party.stopping):
        return _stop(party, rollout, busy)
    if rollout in party.moving:
        return _provider(party, rollout, busy, budgets)
    waits = list(holds(rollout.estate, rollout.change, item))
    return ([], waits) if waits else _start(party, rollout, busy)


def _stop(party: Party, rollout: UnderWay, busy: set[str]) -> Part:
    """Until everything that is to stop has stopped."""
    waits = list(holds(rollout.estate, rollout.change, rollout.item))
    if waits:
        return [], waits
    left = still_old(rollout)
    if left and rollout in party.stopping:
        return stop(rollout, idle(rollout, left), busy, back=False)
    running = [each for each in party.stopping if still_old(each)]
    return [], [waits_for(rollout, f"moves on once {names(running)} is stopped everywhere")]


def _provider(party: Party, rollout: UnderWay, busy: set[str], budgets: Budgets) -> Part:
    """One that moves while the others stand still: a rollout as any other, but it is done only
    with all of them, and does not stay failed or paused by itself."""
    actions: list[Action] = []
    found, waits = advance(rollout, busy, budgets)
    for action in found:
        event = action.event if isinstance(action, Decide) else None
        if isinstance(event, ItemStatus) and event.status is Status.SUCCEEDED:
            left = [each for each in party.members if not is_there(each)]
            waits = [*waits, waits_for(rollout, f"runs {rollout.item.goal}; it is done together with {names(left)}")]
        elif isinstance(event, ItemStatus) and event.status is Status.FAILED:
            actions.append(Decide(replace(event, status=Status.REVERTING)))
        elif isinstance(event, ChangePaused):
            message = f"{rollout.item.service} {rollout.item.goal} could not be confirmed and was put back"
            actions.append(rollout.decide(Status.REVERTING, message))
        else:
            actions.append(action)
    return actions, waits


def _start(party: Party, rollout: UnderWay, busy: set[str]) -> Part:
    """Everything stands still: start at the new version, once what it needs is there."""
    first = [each for each in (*party.moving, *party.before(rollout)) if not is_there(each)]
    if first:
        return [], [waits_for(rollout, f"is stopped until {names(first)} runs at its new version and is healthy")]
    left = [placement for placement in rollout.placements if not rollout.is_at_goal(placement)]
    wait = _why_not(rollout) if left else None
    if wait is not None:
        return [], [wait]
    actions, waits = once_first(rollout, left, busy) or start(rollout, idle(rollout, left), busy, back=False)
    if actions or waits or rollout.in_flight or is_running(rollout.change, rollout.item.service):
        return actions, waits
    others = [each for each in party.members if each is not rollout and not is_there(each)]
    waits = [_ill(rollout, each) for each in rollout.placements if not rollout.estate.available(each)]
    return [], waits or [waits_for(rollout, f"runs {rollout.item.goal}; it is done together with {names(others)}")]


def _why_not(rollout: UnderWay) -> Wait | None:
    """Why nothing of it may be started now."""
    clash = rollout.unsafe(rollout.item.goal)
    if clash:
        return rollout.wait(Reason.DEPENDENCY_VERSION, rollout.instance, clash.sentence())
    fault = artifact_fault(rollout.estate, rollout.change, rollout.item)
    if fault:
        reason, message, unblock = fault
        return rollout.wait(reason, rollout.instance, message, unblock)
    return None


def _ill(rollout: UnderWay, placement: PlacementId) -> Wait:
    if not rollout.estate.reachable(placement.host):
        return rollout.unreachable(placement)
    message = f"{placement.host} runs {rollout.item.goal} and is not healthy: {rollout.illness(placement)}"
    return rollout.wait(Reason.BLAST_RADIUS, placement, message)


def _failure(party: Party, rollout: UnderWay) -> str:
    """Why one that is stopped and started has failed; "" if it has not. (Those that move are
    rollouts, which find out for themselves.)"""
    name = rollout.item.service
    if not rollout.placements and not rollout.in_flight:
        return f"{rollout.instance} left the inventory before this was done"
    if failed := once_failure(rollout):
        return failed
    if rollout in party.moving:
        return _stuck(party, rollout)
    for move in rollout.item.moves.values():
        if not move.back and move.state in (MoveState.REVERTED, MoveState.FAILED):
            what = f"{name} {move.goal} failed" if move.goal else f"{name} could not be stopped"
            log = "".join(f"\n  {move.host}| {line}" for line in move.log[-5:])
            return f"{what} on {move.host}: {move.detail}{log}"
    for move in spent(rollout, back=False):
        if move.state is MoveState.UNCONFIRMED:
            return f"{name} on {move.host}: {move.attempt} tries, and none was confirmed: {move.detail}"
    return _stuck(party, rollout)


def _stuck(party: Party, rollout: UnderWay) -> str:
    """Nothing has moved for longer than anybody's progress deadline, and something of this member
    is what keeps it; "" otherwise. Hosts that do not answer count as long as others stand still
    for them: later those that can be started have been."""
    estate = rollout.estate
    progress_s = max(each.item.progress_at_s for each in party.members)
    limit_s = max(each.policy.progress_deadline_s for each in party.members)
    if estate.snapshot.elapsed_s - progress_s <= limit_s or any(_is_at_work(each) for each in party.members):
        return ""
    if any(True for each in party.members for _ in holds(estate, each.change, each.item)):
        return ""
    for placement in _keeping(party, rollout):
        why = rollout.illness(placement) if estate.reachable(placement.host) else "its host does not answer"
        return f"{rollout.item.service}: nothing of the outage moved within {limit_s:g} s; {placement.host}: {why}"
    return ""


def _is_at_work(rollout: UnderWay) -> bool:
    return bool(rollout.in_flight) or is_running(rollout.change, rollout.item.service)


def _keeping(party: Party, rollout: UnderWay) -> list[PlacementId]:
    """The placements that keep the outage from going on."""
    estate = rollout.estate
    if any(still_old(each) for each in party.stopping):
        return still_old(rollout) if rollout in party.stopping else []
    left = [p for p in rollout.placements if not (rollout.is_at_goal(p) and estate.available(p))]
    if rollout in party.moving:
        return [p for p in left if not estate.reachable(p.host)]
    if all(is_there(each) for each in party.moving):
        return [p for p in left if estate.reachable(p.host)]
    return []


def _blame(rollout: UnderWay, failure: str) -> list[Action]:
    """Its own version is bad if a placement of it was started and did not become healthy."""
    unhealthy = any(not m.back and m.state is MoveState.REVERTED for m in rollout.item.moves.values())
    if not unhealthy or rollout.item.goal == rollout.item.origin:
        return []
    return list(mark(rollout.estate, rollout.instance, rollout.item.goal, failure, rollout.change.id))
