"""What really unblocks a wait for another change: a change that is itself held, or can never go as
it is, is no answer, so the wait says what holds that one and what would move it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.model.change import Change, Item
from engine.model.names import InstanceId
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.gates.advice import fitting

FOLLOWED = frozenset({Reason.DEPENDENCY_VERSION, Reason.DEPENDENCY_UNHEALTHY})
NEVER = frozenset({Reason.BAD_VERSION, Reason.ARTIFACT_UNVERIFIED, Reason.FAILED_EARLIER})


def told_through(estate: Estate, waits: Iterable[Wait]) -> list[Wait]:
    """The waits; those for a change that is held say by what, and what a person could do about it."""
    every = list(waits)
    held: defaultdict[str, list[Wait]] = defaultdict(list)
    for wait in every:
        held[wait.change].append(wait)
    return [_told(estate, wait, held) if _is_followed(wait) else wait for wait in every]


def _is_followed(wait: Wait) -> bool:
    return wait.reason in FOLLOWED and bool(wait.blocker) and wait.blocker != wait.change and not wait.unblock


def _told(estate: Estate, wait: Wait, held: Mapping[str, list[Wait]]) -> Wait:
    cause = _root(wait, held, frozenset({wait.change}))
    if cause is None:
        return wait
    held_by = "it is held itself" if cause.change == wait.blocker else f"behind it change {cause.change} is held"
    message = f"{wait.message}; {held_by}: {cause.message}"
    never = cause.reason in NEVER or (cause.reason is Reason.DEPENDENCY_VERSION and not cause.blocker)
    other_way = _another(estate, wait) if never and cause.change == wait.blocker else ""
    return replace(wait, message=message, unblock=other_way or cause.unblock)


def _root(wait: Wait, held: Mapping[str, list[Wait]], seen: frozenset[str]) -> Wait | None:
    """What holds the change waited for, or the one that that waits for; None if nothing does. What
    somebody has to see to comes before what clears by itself."""
    if wait.blocker in seen:
        return None
    theirs = [each for each in held.get(wait.blocker, ()) if each.blocker != wait.blocker]
    causes = [each for each in theirs if not each.blocker]
    if causes:
        return min(causes, key=lambda each: (each.until is not None, not each.unblock))
    deeper = (_root(each, held, seen | {wait.blocker}) for each in theirs)
    return next((each for each in deeper if each is not None), None)


def _another(estate: Estate, wait: Wait) -> str:
    """The command that queues another version of the service waited for, "" if none would fit."""
    change, blocker = (estate.state.changes[each] for each in (wait.change, wait.blocker))
    mine = next((item for item in change.items if str(change.instance(item)) == wait.subject), None)
    theirs = _waited_for(estate, mine, blocker) if mine else None
    if mine is None or theirs is None:
        return ""
    instance = InstanceId(mine.service, change.environment)
    versions = [v for v in fitting(estate, instance, mine.goal, theirs.service) if v != theirs.goal]
    return f"interlock deploy {theirs.service}={versions[0]} -e {change.environment}" if versions else ""


def _waited_for(estate: Estate, mine: Item, blocker: Change) -> Item | None:
    joined = {mine.service, *estate.neighbours(mine.service)}
    return next((item for item in blocker.items if item.service in joined), None)
