"""The way back of an outage, in reverse: what runs at a new version stops, those that moved go
back, and what was stopped starts again at what it ran.
"""

from __future__ import annotations

from engine.model.change import MoveState, Status
from engine.model.names import PlacementId
from engine.model.snapshot import Action
from engine.model.wait import Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.outage.moves import spent, start, stop
from engine.plan.outage.party import Party, idle, names, runs, still_new, waits_for
from engine.plan.rollouts.rollout import advance, conclude_back, rest
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.sequencing.sequence import Clash

Part = tuple[list[Action], list[Wait]]


def go_back(party: Party, rollout: UnderWay, busy: set[str], budgets: Budgets) -> Part:
    """The next steps of one member."""
    if rollout.estate.snapshot.draining:
        message = "the engine is stopping; it goes on when an engine runs again"
        return [], [rollout.wait(Reason.ENGINE_DRAINING, rollout.instance, message)]
    running = [each for each in party.stopping if still_new(each)]
    if rollout in party.moving:
        if running:
            return [], [waits_for(rollout, f"goes back once {names(running)} is stopped again")]
        return advance(rollout, busy, budgets)
    failed = _given_up(rollout)
    if failed:
        return failed, []
    left = still_new(rollout)
    if left:
        return _carry(rollout, left, busy, stops=True)
    if running:
        return [], [waits_for(rollout, f"is stopped; {names(running)} is stopped first")]
    return _start(party, rollout, busy)


def _start(party: Party, rollout: UnderWay, busy: set[str]) -> Part:
    """Nothing new runs any more: start what it ran, once what it needs is back."""
    left = [p for p in rollout.placements if not runs(rollout, p) and rollout.origin_of(p) is not None]
    first = [each for each in (*party.moving, *party.before(rollout)) if not _is_back(each)]
    if left and first:
        return [], [waits_for(rollout, f"is stopped until {names(first)} is back at what it ran")]
    if not left and not rollout.in_flight:
        return conclude_back(rollout)
    for placement in left:
        clash = rollout.unsafe(rollout.origin_of(placement))
        if clash:
            return _refused(party, rollout, placement, clash)
    return _carry(rollout, left, busy, stops=False)


def _refused(party: Party, rollout: UnderWay, placement: PlacementId, clash: Clash) -> Part:
    """What it ran cannot run now. It waits, unless what is in its way has been given up."""
    message = f"cannot be started at {rollout.origin_of(placement)} again: {clash.sentence()}"
    if any(each.item.status is Status.FAILED for each in party.members):
        failure = "\n".join(filter(None, (rollout.item.failure, f"{rollout.item.service} stays stopped: it {message}")))
        return [rollout.decide(Status.FAILED, failure)], []
    return [], [rollout.wait(Reason.DEPENDENT_INCOMPATIBLE, rollout.instance, message)]


def _carry(rollout: UnderWay, left: list[PlacementId], busy: set[str], *, stops: bool) -> Part:
    """Stop or start these, with a pause before what failed is tried again."""
    failed = [p for p in left if (move := rollout.item.moves.get(p.host)) and move.state is not MoveState.DONE]
    resting = [wait for placement in failed if (wait := rest(rollout, placement))]
    still = {wait.subject for wait in resting}
    ready = [placement for placement in idle(rollout, left) if str(placement) not in still]
    actions, waits = (stop if stops else start)(rollout, ready, busy, back=True)
    return actions, [*waits, *resting]


def _given_up(rollout: UnderWay) -> list[Action]:
    """The end of it, if a placement was tried as often as it is tried without a person."""
    messages = [
        f"{rollout.item.service} could not be put back to {move.goal or 'standing still'} on {move.host}: {move.detail}"
        for move in spent(rollout, back=True)
        if move.finished is not None and not _is_at_home(rollout, move.host)
    ]
    if not messages or rollout.in_flight:
        return []
    return [rollout.decide(Status.FAILED, "\n".join([rollout.item.failure, *messages]))]


def _is_at_home(rollout: UnderWay, host: str) -> bool:
    placement = next((each for each in rollout.placements if each.host == host), None)
    if placement is None:
        return True
    return runs(rollout, placement) == {rollout.origin_of(placement)} - {None}


def _is_back(rollout: UnderWay) -> bool:
    """Whether it has gone back as far as it goes."""
    if rollout.item.status in (Status.REVERTED, Status.FAILED):
        return True
    if rollout.in_flight:
        return False
    if rollout.item.outage and rollout.item.outage.stops:
        return not still_new(rollout) and all(
            runs(rollout, p) == {rollout.origin_of(p)} - {None} for p in rollout.placements
        )
    return all(rollout.is_at_origin(placement) for placement in rollout.placements)
