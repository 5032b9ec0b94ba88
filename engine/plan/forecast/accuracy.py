"""How good the forecasts were: the first one published of each change, against what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from engine.model.change import Change, Status

LEAST_S = 1.0  # an error is measured against at least so much


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Errors are parts of the time that lay between the forecast and the event (0.1: a tenth);
    None if nothing has been measured. ``covered``: the part of ends that came by ``end_p90``.
    ``starts`` and ``ends`` are how many were measured."""

    starts: int
    ends: int
    start_error: float | None
    end_error: float | None
    covered: float | None


def accuracy(changes: Sequence[Change]) -> Accuracy:
    """Measure the changes that started after they were foreseen; of ends, those that succeeded."""
    starts: list[float] = []
    ends: list[float] = []
    covered: list[bool] = []
    for change in changes:
        told = change.promised
        if told is None:
            continue
        if told.start and change.started and change.started >= told.made:
            starts.append(_error(told.made, told.start, change.started))
        if told.end and told.end_p90 and change.finished and change.status is Status.SUCCEEDED:
            ends.append(_error(told.made, told.end, change.finished))
            covered.append(change.finished <= told.end_p90)
    return Accuracy(
        len(starts),
        len(ends),
        median(starts) if starts else None,
        median(ends) if ends else None,
        sum(covered) / len(covered) if covered else None,
    )


def _error(made: datetime, told: datetime, came: datetime) -> float:
    return abs((came - told).total_seconds()) / max(LEAST_S, (came - made).total_seconds())
