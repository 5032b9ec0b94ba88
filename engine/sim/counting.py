"""What happened in simulated runs, in a few nouns: so that "nothing was found" can be weighed."""

from __future__ import annotations

from engine.model.access import RequestTurnedDown
from engine.model.change import Status
from engine.model.event import (
    ChangeAccepted,
    ChangeStatus,
    Event,
    ItemStatus,
    MoveIntended,
)
from engine.model.healing import HealIntended
from engine.model.outage import OutageBegan
from engine.model.staging import ReleaseStaged

_OF_STATUS = {
    Status.SUCCEEDED: "changes that succeeded",
    Status.FAILED: "changes that failed",
    Status.REVERTED: "changes that were reverted",
    Status.CANCELLED: "changes cancelled",
    Status.SUPERSEDED: "changes superseded",
}
_OF_KIND = {
    ChangeAccepted: "changes",
    RequestTurnedDown: "requests turned down",
    HealIntended: "heals",
    OutageBegan: "outages in lockstep",
    ReleaseStaged: "releases brought ahead",
}


def noun_of(event: Event) -> str:
    """What an event counts as, "" for nothing."""
    if isinstance(event, MoveIntended):
        return "moves back" if event.back else "moves"
    if isinstance(event, ChangeStatus):
        return _OF_STATUS.get(event.status, "")
    if isinstance(event, ItemStatus):
        return "reverts" if event.status is Status.REVERTING else ""
    return _OF_KIND.get(type(event), "")
