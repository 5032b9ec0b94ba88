"""What becomes of a running rollout when a window closes over it, or a freeze begins: it goes on,
finishes its batch and pauses, or goes back and waits for the next window (``on_close``).

A pause is recorded, so that the progress clock stands still and the rollout no longer counts
as rolling; when everything is open again, and no neighbour is on its way, it goes on.
"""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import Kind, Status
from engine.model.event import RolloutShut
from engine.model.snapshot import Action, Decide
from engine.model.wait import Reason, Wait
from engine.model.window import OnClose
from engine.plan.gates.windows import Shut, closed_windows, freezes, on_close
from engine.plan.people.overrides import is_lifted
from engine.plan.rollouts.under_way import UnderWay


def shut_over(rollout: UnderWay) -> list[Shut]:
    """The closed windows and freezes that hold the rollout now."""
    change, item = rollout.change, rollout.item
    if change.kind is Kind.ROLLBACK or item.outage:  # an outage is one batch: it is finished
        return []
    found = [*closed_windows(rollout.estate, change, item), *freezes(rollout.estate, change, item)]
    return [shut for shut in found if not is_lifted(rollout.estate, change, shut[1].reason)]


def when_shut(rollout: UnderWay) -> tuple[list[Action], list[Wait]]:
    """What is decided about a running rollout, and what holds it; nothing of both: it may move."""
    item = rollout.item
    if item.status is not Status.RUNNING:
        return [], []
    shut = shut_over(rollout)
    what = on_close(shut) if shut else OnClose.FINISH
    if what is OnClose.REVERT:
        return [_say(rollout, shut[0][0].key, revert=True)], []
    if what is OnClose.FINISH_BATCH:
        by = next(policy.key for policy, _ in shut if policy.on_close is OnClose.FINISH_BATCH)
        return ([] if item.shut_by else [_say(rollout, by)]), [wait for _, wait in shut]
    if not item.shut_by:
        return [], []
    busy = list(_neighbours(rollout))
    return ([], busy) if busy else ([_say(rollout, "")], [])


def _say(rollout: UnderWay, by: str, *, revert: bool = False) -> Decide:
    return Decide(RolloutShut(rollout.change.id, rollout.item.service, by, revert))


def _neighbours(rollout: UnderWay) -> list[Wait]:
    """Services joined by a dependency never roll at the same time: of those that a window held,
    the one that comes first in the queue goes on first."""
    waits: list[Wait] = []
    estate = rollout.estate
    before = {other.instance: other.change for other in _held_before(rollout)}
    for name in estate.neighbours(rollout.item.service):
        instance = rollout.instance._replace(service=name)
        rolling = estate.rolling(instance)
        other = rolling or before.get(instance)
        if other is not None:
            message = f"{name} {'is rolling' if rolling else 'goes on first'} (change {other.id})"
            waits.append(replace(rollout.wait(Reason.DEPENDENCY_BUSY, rollout.instance, message), blocker=other.id))
    return waits


def _held_before(rollout: UnderWay) -> list[UnderWay]:
    """Rollouts earlier in the queue that windows held and that may go on now."""
    held: list[UnderWay] = []
    for change, item in rollout.estate.state.rollouts():
        if change is rollout.change and item is rollout.item:
            break
        other = UnderWay(rollout.estate, change, item)
        if item.shut_by and item.status is Status.RUNNING and not shut_over(other):
            held.append(other)
    return held
