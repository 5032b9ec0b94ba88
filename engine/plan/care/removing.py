"""How an instance is removed: stopped and withdrawn everywhere, a few placements at a time. There
is nothing to judge afterwards, and nothing to spare: in the end none of it is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import MoveState, Status
from engine.model.names import PlacementId
from engine.model.snapshot import Action
from engine.model.wait import Reason, Wait
from engine.plan.gates.artifact import content_fault
from engine.plan.gates.upkeep import needed_by
from engine.plan.people.holds import holds
from engine.plan.rollouts.batch import execute, untouchable
from engine.plan.rollouts.shutting import when_shut
from engine.plan.rollouts.under_way import UnderWay

TRIES = 3
PAUSE_S = 10.0


def advance_removal(rollout: UnderWay, busy: set[str], *, stop: bool = False) -> tuple[list[Action], list[Wait]]:
    """What to do next for one removal, and why the rest waits; ``busy`` grows by what is planned."""
    left = [p for p in rollout.placements if not rollout.is_at_goal(p) and not rollout.estate.is_moving(p)]
    if not left and not rollout.in_flight:
        return [rollout.decide(Status.SUCCEEDED)], []
    failure = spent(rollout)
    if failure:
        return ([] if rollout.in_flight else [rollout.decide(Status.FAILED, failure)]), []
    actions, waits = when_shut(rollout) if not rollout.change.is_tended else ([], [])
    if actions:
        return actions, waits
    waits += holds(rollout.estate, rollout.change, rollout.item)
    waits += _needed(rollout)
    if waits or stop:
        return [], waits
    moving = {placement.host for placement in rollout.placements if rollout.estate.is_moving(placement)}
    flying = len(moving | {move.host for move in rollout.in_flight})
    limit = rollout.policy.max_parallel.of(len(rollout.placements))
    for placement in left:
        held = resting(rollout, placement.host) or untouchable(rollout, placement, busy, drains=True)
        if held:
            waits.append(held)
        elif flying < limit:
            flying += 1
            busy.add(placement.host)
            actions.append(execute(rollout, placement, back=False))
    return actions, waits


def _needed(rollout: UnderWay) -> Iterator[Wait]:
    """What came to need it meanwhile. Where placements remain, orphans may always go."""
    if rollout.change.is_tended and rollout.estate.placements(rollout.instance):
        return
    for why in needed_by(rollout.estate, rollout.instance):
        yield rollout.wait(Reason.DEPENDENT_INCOMPATIBLE, rollout.instance, why)


def spent(rollout: UnderWay) -> str:
    """Why it is given up: a placement could not be done as often as it is tried; "" if none."""
    for move in rollout.item.moves.values():
        unhealthy = move.state is MoveState.REVERTED
        if not move.back and (unhealthy or (_went_wrong(move.state) and move.attempt >= TRIES)):
            what = f"could not be brought to {move.goal}" if move.goal else "could not be stopped"
            log = "".join(f"\n  {move.host}| {line}" for line in move.log[-5:])
            return f"{rollout.item.service} {what} on {move.host}: {move.detail}{log}"
    return ""


def resting(rollout: UnderWay, host: str) -> Wait | None:
    """The pause before the next try; None if it is over, or nothing went wrong."""
    move = rollout.item.moves.get(host)
    if move is None or not (_went_wrong(move.state) or move.state is MoveState.WITHHELD):
        return None
    left_s = move.ended_s + PAUSE_S * move.attempt - rollout.estate.snapshot.elapsed_s
    if left_s <= 0:
        return None
    message = f"{rollout.item.service} on {host}: {move.detail}; next try in {left_s:.0f} s"
    return rollout.wait(Reason.FAILED_EARLIER, rollout.instance, message)


def withheld(rollout: UnderWay, placement: PlacementId) -> Wait | None:
    """The wait of what was to be brought and was not what it ought to be: None once it is."""
    move = rollout.item.moves.get(placement.host)
    if move is None or move.state is not MoveState.WITHHELD:
        return None
    fault = content_fault(rollout.estate, rollout.change, rollout.item)
    return rollout.wait(fault[0], placement, fault[1], fault[2]) if fault else None


def _went_wrong(state: MoveState) -> bool:
    return state in (MoveState.FAILED, MoveState.UNCONFIRMED)
