"""What a forecast makes of errands on single hosts: they take seconds, so it begins after them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import MoveState
from engine.model.event import Event, MoveEnded
from engine.model.snapshot import Snapshot


def ends_of_errands(snapshot: Snapshot) -> Iterator[Event]:
    """The steps on single hosts that are in flight as the forecast begins come to their end."""
    for change, item, move in snapshot.state.moves_in_flight():
        if change.is_tended:
            yield MoveEnded(change.id, item.service, move.host, move.step, MoveState.DONE)
