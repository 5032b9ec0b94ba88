"""Which of a forecast's news are worth a line in the journal: the first word about a change, and
whatever moves its end by a good part of the time until then.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.model.event import ForecastPublished
from engine.model.forecast import Forecast, Foreseen
from engine.model.state import State

LEAST = timedelta(seconds=5)
PART = 0.1  # of the time until the end


def news(state: State, forecast: Forecast) -> tuple[ForecastPublished, ...]:
    """What of a forecast is to be published: nothing of changes that are over by now."""
    unfinished = {change.id: change for change in state.unfinished()}
    return tuple(
        ForecastPublished(each.change, each.start, each.end, each.end_p90, each.held)
        for each in sorted(forecast.changes, key=lambda each: int(each.change))
        if each.change in unfinished and _is_new(unfinished[each.change].foreseen, each)
    )


def _is_new(old: Foreseen | None, new: Foreseen) -> bool:
    if old is None or old.held != new.held:
        return True
    return any(
        _moved(before, after, new.made)
        for before, after in ((old.start, new.start), (old.end, new.end), (old.end_p90, new.end_p90))
    )


def _moved(before: datetime | None, after: datetime | None, now: datetime) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) > max(LEAST, PART * (max(before, after) - now))
