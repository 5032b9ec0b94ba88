"""Requests of consent: a person's yes or no to a change, by those whom policies name."""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.model.change import FINAL, Change, Status
from engine.model.decision import ChangeApproved, ChangeRejected
from engine.model.event import ChangeStatus, Event, ItemStatus
from engine.model.request import Approve, Reject
from engine.plan.estate import Estate
from engine.plan.gates.consent import approval_policies, counted, why_not
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_change


def approve(estate: Estate, request: Approve) -> Judgement:
    """A yes that counts for at least one policy; else it is refused with who could give it."""
    change = find_change(estate, request.change)
    if change.status in FINAL:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: there is nothing to approve. Nothing was recorded"
        )
    if request.digest and request.digest != change.digest:
        raise RequestRefused(
            f"change {change.id} is not what you looked at any more ({_what(change)} now); look again. "
            "Nothing was approved"
        )
    policies = approval_policies(estate, change)
    if not policies:
        raise RequestRefused(
            f"no policy asks for approvals of change {change.id}; interlock why {change.id} says what holds it. "
            "Nothing was recorded"
        )
    refusals = [why_not(estate.inventory, policy, change, request.actor) for policy in policies]
    if all(refusals):
        raise RequestRefused(f"{'; '.join(dict.fromkeys(refusals))}. Nothing was approved")
    now = estate.snapshot.now
    said = [given for given in change.approvals if given.by == request.actor and given.digest == change.digest]
    if any(not any(policy.is_over(given, now) for policy in policies) for given in said):
        return (), f"change {change.id} is approved by {request.actor} already"
    missing = 0
    for policy, refusal in zip(policies, refusals, strict=True):
        given = {*counted(estate.inventory, policy, change, now), *([] if refusal else [request.actor])}
        missing += max(0, policy.count - len(given))
    rest = f"{missing} more wanted" if missing else "that is all it needs"
    event = ChangeApproved(change.id, request.actor, change.digest)
    return (event,), f"change {change.id} ({_what(change)}) is approved by {request.actor}; {rest}"


def reject(estate: Estate, request: Reject) -> Judgement:
    """A no: the change is cancelled. Whoever may approve it may reject it."""
    change = find_change(estate, request.change)
    if change.status in FINAL:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: there is nothing to reject. Nothing was changed"
        )
    if change.started is not None:
        raise RequestRefused(f"change {change.id} has started: abort it, or roll it back. Nothing was changed")
    refusals = [
        why_not(estate.inventory, policy, change, request.actor) for policy in approval_policies(estate, change)
    ]
    if refusals and all(refusals):
        raise RequestRefused(f"{'; '.join(dict.fromkeys(refusals))}. Nothing was rejected")
    events: list[Event] = [ChangeRejected(change.id, request.actor, request.reason)]
    events += [
        ItemStatus(change.id, item.service, Status.CANCELLED) for item in change.items if item.status is Status.WAITING
    ]
    events.append(ChangeStatus(change.id, Status.CANCELLED, request.actor))
    return tuple(events), f"change {change.id} is rejected by {request.actor} and cancelled"


def _what(change: Change) -> str:
    return ", ".join(f"{item.service} {item.goal}" for item in change.items)
