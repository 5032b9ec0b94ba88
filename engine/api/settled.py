"""Views of finished changes, kept from one reply to the next: the queue's history is most of what a
board shows, and nothing in it changes any more. A view is kept with all that it was made from, and made
anew where any of that is another thing by now.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.api.moment import Moment
from engine.api.protocol import ChangeView
from engine.model.change import FINAL, Change, MoveState
from engine.model.hook import HookState

_AT_MOST = 5_000
_Sources = tuple[object, ...]


class Settled:
    """The views of finished changes, by id."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Sources, ChangeView]] = {}

    def view(self, moment: Moment, change: Change, make: Callable[[Moment, Change], ChangeView]) -> ChangeView:
        """The view of a change as ``make`` makes it."""
        if not _is_settled(moment, change):
            return make(moment, change)
        sources = _sources(moment, change)
        known = self._known.get(change.id)
        if known is None or any(was is not now for was, now in zip(known[0], sources, strict=True)):
            if len(self._known) >= _AT_MOST:
                self._known.clear()  # the state forgets old changes, and does not say so here
            known = self._known[change.id] = sources, make(moment, change)
        return known[1]


def _is_settled(moment: Moment, change: Change) -> bool:
    """Whether time alone changes nothing of it: no wait, approval, override or step of it can end."""
    return (
        change.status in FINAL
        and not change.approvals
        and not change.overrides
        and change.id not in moment.waits_of_changes
        and not moment.state.drained
        and not any(run.state is HookState.RUNNING for run in change.hooks.values())
        and not any(move.state is MoveState.MOVING for item in change.items for move in item.moves.values())
    )


def _sources(moment: Moment, change: Change) -> _Sources:
    state = moment.state
    instances = [state.instances.get(change.instance(item)) for item in change.items]
    return (change, moment.snapshot.inventory, state.maintenance, *instances)
