"""Whether an instance rolls just now, and by which change: joined services never do so together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.change import UNFINISHED_ROLLOUT, Change, Item, MoveState, Status
from engine.model.hook import is_unknown, once_of
from engine.model.names import InstanceId
from engine.plan.rollouts.reach import rests

if TYPE_CHECKING:  # an estate asks this itself, and keeps the answer
    from engine.plan.estate import Estate


def rolling_change(estate: Estate, instance: InstanceId) -> Change | None:
    """The change that is rolling the instance now: moves in flight or still to come.

    Paused at a safe point, or left only with hosts that do not answer or are kept from it, does
    not count; nor does a single host's errand between its steps. But an outage does until it is
    over: what is stopped meanwhile must find what it left.
    """
    entries: list[tuple[Change, Item]] = [*estate.items.get(instance, ()), *estate.errands.get(instance, ())]
    for change, item in reversed(entries):
        if any(move.state is MoveState.MOVING for move in item.moves.values()):
            return change
        if item.outage and item.status in UNFINISHED_ROLLOUT:
            return change
        if (
            item.status in (Status.RUNNING, Status.REVERTING)
            and not change.is_tended
            and not item.shut_by
            and not is_unknown(once_of(change.hooks, item.service))
            and not rests(estate, change, item)
        ):
            return change
    return None
