"""Events of forecasts: what was foreseen of a change, for the operator now and for the measure later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine.errors import IllegalTransition
from engine.model.event import ForecastPublished
from engine.model.forecast import Foreseen
from engine.model.state import State


def foresee(state: State, event: ForecastPublished, made: datetime) -> State:
    """The state after a forecast of one change was published."""
    change = state.changes.get(event.change)
    if change is None:
        raise IllegalTransition(f"there is no change {event.change}")
    foreseen = Foreseen(event.change, made, event.start, event.end, event.end_p90, event.held)
    promised = change.promised or (foreseen if foreseen.end else None)
    change = replace(change, foreseen=foreseen, promised=promised)
    return replace(state, changes={**state.changes, change.id: change})
