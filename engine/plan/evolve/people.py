"""Events of what people decide about a change: held, approved, rejected, aborted, tried again,
moved ahead, a gate lifted.
"""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import FINAL, Change, Item, Status, advance
from engine.model.consent import Approval, Override
from engine.model.decision import (
    ChangeAborted,
    ChangeApproved,
    ChangeExpedited,
    ChangeHeld,
    ChangeRejected,
    ChangeReleased,
    ChangeRetried,
    GateOverridden,
)
from engine.model.event import Recorded
from engine.model.state import State
from engine.plan.evolve.hooks import set_aside_failed
from engine.plan.evolve.parts import change_of, put_change

KEPT_FORMER = 100

DECISIONS = (
    ChangeHeld,
    ChangeReleased,
    ChangeApproved,
    ChangeRejected,
    ChangeAborted,
    ChangeRetried,
    ChangeExpedited,
    GateOverridden,
)


def evolve_decision(state: State, recorded: Recorded) -> State:
    """The state after one person's decision."""
    event = recorded.event
    match event:
        case ChangeHeld(change, by):
            return put_change(state, replace(change_of(state, change), held_by=by))
        case ChangeReleased(change):
            return put_change(state, replace(change_of(state, change), held_by=""))
        case ChangeApproved(change, by, digest):
            return put_change(state, _approved(change_of(state, change), Approval(by, recorded.at, digest)))
        case ChangeRejected(change, by, reason):
            return put_change(state, replace(change_of(state, change), rejection=_said("rejected", by, reason)))
        case ChangeAborted(change, by):
            return put_change(state, replace(change_of(state, change), aborted_by=by, paused_by=""))
        case ChangeRetried():
            return _tried_again(state, event)
        case ChangeExpedited(change):
            rank = 1 + max(other.expedited for other in state.changes.values())
            return put_change(state, replace(change_of(state, change), expedited=rank))
        case GateOverridden(change, gate, by, reason, until):
            found = change_of(state, change)
            given = Override(gate, by, reason, recorded.at, until)
            return put_change(state, replace(found, overrides=(*found.overrides, given)))
    raise IllegalTransition(f"no rule for {type(event).__name__}")


def _said(what: str, by: str, reason: str) -> str:
    return f"{what} by {by}{f': {reason}' if reason else ''}"


def _approved(change: Change, approval: Approval) -> Change:
    """A person's newest approval counts, and counts once."""
    others = tuple(other for other in change.approvals if other.by != approval.by)
    return replace(change, approvals=(*others, approval))


def _tried_again(state: State, event: ChangeRetried) -> State:
    """The change begins anew; how it had ended is kept for those who were not told of it yet."""
    change = change_of(state, event.change)
    anew = put_change(state, _again(change, event))
    if change.status not in FINAL:
        return anew
    ended = replace(change, items=tuple(replace(item, moves={}) for item in change.items), hooks={})
    return replace(anew, former=(*state.former, ended)[-KEPT_FORMER:])


def _again(change: Change, event: ChangeRetried) -> Change:
    """The services named begin anew, under new step names; what is done stays done."""
    items = tuple(_anew(item) if item.service in event.services else item for item in change.items)
    change = set_aside_failed(change, event.services)
    if change.status not in FINAL:
        return replace(change, items=items)
    return replace(
        change,
        items=items,
        status=advance(change.status, Status.WAITING),
        started=None,
        finished=None,
        paused_by="",
        aborted_by="",
    )


def _anew(item: Item) -> Item:
    if any(move.finished is None for move in item.moves.values()):
        raise IllegalTransition(f"{item.service} has a step in flight")
    return Item(
        item.service,
        item.goal,
        item.configuration,
        item.sha256,
        status=advance(item.status, Status.WAITING),
        retries=item.retries + 1,
        hosts=item.hosts,
    )
