"""Changes that are steps of one way: each ``follows`` another, and may start when that one has
succeeded. Bridges and deployments through several environments are made of them. What follows
something unfinished takes no part in the queue yet: it holds nobody and takes nothing over.
"""

from __future__ import annotations

from engine.model.change import Change, Item, Status
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate

GONE_WRONG = frozenset(
    {Status.FAILED, Status.REVERTING, Status.REVERTED, Status.CANCELLED, Status.SUPERSEDED}
)  # no step after one of these begins


def link(estate: Estate, change: Change, item: Item) -> Wait | None:
    """What an item waits for because of the step before its own; None if it may take part."""
    if not change.follows:
        return None
    before = estate.state.changes.get(change.follows)
    if before is None or before.status is Status.SUCCEEDED:
        return None
    subject, owner = str(change.instance(item)), before.requested_by
    what = ", ".join(f"{each.service} {each.goal}" for each in before.items)
    step = f"change {before.id} ({what} in {before.environment})"
    if before.status in GONE_WRONG:
        message = f"{step}, the step before, was {before.status.value}"
        if before.status is Status.FAILED:
            message = f"{step}, the step before, failed"
        unblock = f"interlock cancel {change.id}"
        return Wait(Reason.FAILED_EARLIER, subject, message, change.id, owner, unblock)
    if before.environment != change.environment:
        message = f"{step} has to be done and to soak first"
        return Wait(Reason.SOAK_REQUIRED, subject, message, change.id, owner, blocker=before.id)
    message = f"{step} is the step before"
    return Wait(Reason.DEPENDENCY_VERSION, subject, message, change.id, owner, blocker=before.id)
