"""When a change is done, and what a failed item means for the rest of it: what is done is held
(``on_failure: hold``) or taken back in reverse order (``revert_all``).
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.change import UNFINISHED_ROLLOUT, UNSUCCESSFUL, Change, Item, OnFailure, Status
from engine.model.event import ChangeStatus, ItemStatus
from engine.model.snapshot import Action, Decide
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.rollouts.under_way import UnderWay

ABANDONED = frozenset({Status.CANCELLED, Status.SUPERSEDED})
UNSTARTED = ABANDONED | {Status.WAITING}


def close(estate: Estate, changes: Iterable[Change] | None = None) -> tuple[list[Action], list[Wait]]:
    """The statuses that changes (the unfinished, unless told) enter now, and why some cannot be
    closed yet."""
    actions: list[Action] = []
    waits: list[Wait] = []
    for change in estate.state.unfinished() if changes is None else changes:
        statuses = {item.status for item in change.items}
        if change.status is not Status.REVERTING and any(_is_over(change, item) for item in change.items):
            actions.append(_enter(change, Status.REVERTING))
        elif statuses & UNFINISHED_ROLLOUT or (change.is_tended and Status.WAITING in statuses):
            continue
        elif statuses & UNSUCCESSFUL or (change.aborted_by and not statuses <= ABANDONED):
            more, why = _after_failure(estate, change)
            actions += more
            waits += why
        elif Status.WAITING not in statuses:
            actions.append(_enter(change, _outcome(statuses)))
        elif change.status is Status.RUNNING and statuses <= UNSTARTED:
            actions.append(_enter(change, Status.WAITING))
    return actions, waits


def _is_over(change: Change, item: Item) -> bool:
    """Whether an item is taken back for good, and not because a window closed over it."""
    return item.status is Status.REVERTING and not change.goes_again(item)


def _outcome(statuses: set[Status]) -> Status:
    if statuses <= {Status.CANCELLED}:
        return Status.CANCELLED
    return Status.SUPERSEDED if statuses <= ABANDONED else Status.SUCCEEDED


def _enter(change: Change, status: Status) -> Decide:
    return Decide(ChangeStatus(change.id, status))


def _taken_back(change: Change) -> Decide:
    """Everything is back where it is to be: the change failed if some of it could not be."""
    if any(item.status is Status.FAILED for item in change.items):
        return _enter(change, Status.FAILED)
    # It may have been over before anybody said so.
    return _enter(change, Status.REVERTED if change.status is Status.REVERTING else Status.REVERTING)


def _after_failure(estate: Estate, change: Change) -> tuple[list[Action], list[Wait]]:
    waiting = [item for item in change.items if item.status is Status.WAITING]
    if change.on_failure is OnFailure.HOLD and not change.aborted_by:
        return [_enter(change, Status.FAILED)], []
    if waiting:
        return [Decide(ItemStatus(change.id, item.service, Status.CANCELLED)) for item in waiting], []
    done = [item for item in change.items if item.status is Status.SUCCEEDED and _is_newest(estate, change, item)]
    if not done or change.on_failure is OnFailure.HOLD:
        return [_taken_back(change)], []
    waits: list[Wait] = []
    for item in sorted(done, key=lambda item: (item.finished or change.created, item.service), reverse=True):
        wait = _why_not_back(UnderWay(estate, change, item))
        if wait is None:
            failed = next((other.service for other in change.items if other.status in UNSUCCESSFUL), "another")
            why = f"{change.aborted_by} aborted the change" if change.aborted_by else f"{failed} failed"
            reason = f"taken back because {why}"
            together = _together(item, done)
            return [Decide(ItemStatus(change.id, each, Status.REVERTING, reason)) for each in together], []
        waits.append(wait)
    return [], waits


def _together(item: Item, done: list[Item]) -> list[str]:
    """What goes back with an item: all that came with it by an outage."""
    members = item.outage.members if item.outage else (item.service,)
    return [each.service for each in done if each.service in members]


def _is_newest(estate: Estate, change: Change, item: Item) -> bool:
    """Whether nobody has asked anything newer of the instance."""
    entries = estate.items.get(change.instance(item))
    return not entries or entries[-1][0] is change


def _why_not_back(rollout: UnderWay) -> Wait | None:
    """Why an item that is done cannot be taken back now, None if it can."""
    name, outage = rollout.item.service, rollout.item.outage
    with_it = outage.members if outage else ()
    for other in rollout.estate.neighbours(name):
        rolling = rollout.estate.rolling(rollout.instance._replace(service=other))
        if rolling:
            return rollout.wait(Reason.DEPENDENCY_BUSY, rollout.instance, f"{other} is rolling (change {rolling.id})")
    clash = rollout.unsafe(rollout.item.origin, with_it)
    if clash is None:
        return None
    message = f"{name} cannot go back to {rollout.item.origin}: {clash.sentence()}"
    return rollout.wait(Reason.DEPENDENT_INCOMPATIBLE, rollout.instance, message)
