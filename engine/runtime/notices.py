"""What webhooks are to be told, worked out from state alone: a notice stands as long as what it
speaks of does, so that an engine that was down misses nothing and says nothing twice by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.model.change import Change, Status
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.snapshot import Plan, Snapshot
from engine.model.wait import Reason, Wait
from engine.model.webhook import Told, Webhook

_ENDS = {Status.SUCCEEDED: Told.DONE, Status.FAILED: Told.FAILED, Status.REVERTED: Told.REVERTED}
ENDS = frozenset(_ENDS.values())
_WAITS = {Reason.APPROVAL_REQUIRED: Told.APPROVAL_WANTED, Reason.HEAL_FAILED: Told.HEAL_FAILED}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell, ``about`` some instances. ``key`` names it: the same for as long as it
    stands."""

    key: str
    event: Told
    body: dict[str, Any]
    about: tuple[InstanceId, ...] = ()


def notices(snapshot: Snapshot, plan: Plan) -> Iterator[Notice]:
    """Everything that stands now: changes in the order in which they ended (those that were tried again
    since as they had ended), then waits."""
    organization = snapshot.inventory.organization
    for change in sorted((*snapshot.state.former, *snapshot.state.changes.values()), key=_ended):
        event = _ENDS.get(change.status)
        if event is not None:
            ended = change.finished.isoformat() if change.finished else ""
            failures = [item.failure for item in change.items if item.failure]
            message = failures[0] if failures else f"change {change.id} {change.status.value}"
            yield _notice(f"{event}:{change.id}:{ended}", event, organization, change.id, message, change)
    for wait in plan.waits:
        event = _WAITS.get(wait.reason)
        if event is not None:
            change_of = snapshot.state.changes.get(wait.change)
            yield _notice(_key(event, wait), event, organization, wait.subject, wait.message, change_of)


def concerns(hook: Webhook, notice: Notice, inventory: Inventory) -> bool:
    """Whether a webhook wants to hear this: of its events, and about something that it applies to."""
    if notice.event not in hook.events:
        return False
    known = [each for each in notice.about if each.service in inventory.services]
    return hook.scope.is_empty or any(
        hook.scope.covers(inventory.services[each.service], each.environment) for each in known
    )


def _ended(change: Change) -> tuple[str, int]:
    return change.finished.isoformat() if change.finished else "", change.number


def _key(event: Told, wait: Wait) -> str:
    """An approval is wanted by each policy once; a heal that failed is known by its placement."""
    return f"{event}:{wait.change or wait.subject}:{wait.owner if event is Told.APPROVAL_WANTED else wait.subject}"


def _notice(key: str, event: Told, organization: str, subject: str, message: str, change: Change | None) -> Notice:
    body: dict[str, Any] = {
        "event": event.value,
        "organization": organization,
        "subject": subject,
        "message": message,
        "change": None,
    }
    if change is not None:
        body["change"] = {
            "id": change.id,
            "environment": change.environment,
            "state": change.status.value,
            "requested_by": change.requested_by,
            "reason": change.reason,
            "items": [
                {"service": item.service, "from": item.origin, "to": item.goal, "state": item.status.value}
                for item in change.items
            ],
        }
    return Notice(key, event, body, _about(subject, change))


def _about(subject: str, change: Change | None) -> tuple[InstanceId, ...]:
    """What a change moves; else the one instance of a subject such as ``ledger@prod/h1``."""
    if change is not None:
        return tuple(change.instance(item) for item in change.items)
    service, _, place = subject.partition("@")
    return (InstanceId(service, place.partition("/")[0]),)
