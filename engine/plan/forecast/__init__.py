"""The forecast: what will start and end when, as things stand. The planner is played forward
twice, once with rollouts that take as long as they usually do, once with those that take as
long as one in ten; nothing of the snapshot changes. The same code answers a preview.
"""

from __future__ import annotations

from datetime import datetime

from engine.model.change import FINAL, Change
from engine.model.forecast import Forecast, Foreseen, Leg
from engine.model.snapshot import Snapshot
from engine.plan.forecast.accuracy import Accuracy, accuracy
from engine.plan.forecast.pace import cautious, likely
from engine.plan.forecast.publishing import news
from engine.plan.forecast.run import Run

__all__ = ["WORK", "Accuracy", "accuracy", "forecast", "news"]

WORK = 5000  # looks at the queue, for each of the two runs


def forecast(snapshot: Snapshot, work: int = WORK) -> Forecast:
    """Play the snapshot forward. ``work`` bounds how many moments are looked at."""
    usual = Run(snapshot, likely, work)
    late = Run(snapshot, cautious, work)
    first: dict[str, datetime] = {}
    for (name, _), at in usual.starts.items():
        first[name] = min(at, first.get(name, at))
    changes = [
        _foreseen(snapshot, change, first.get(change.id), usual, late)
        for change in snapshot.state.unfinished()
        if not change.is_errand
    ]
    legs = [Leg(change, service, usual.starts[change, service], end) for (change, service), end in usual.ends.items()]
    return Forecast(
        snapshot.now,
        tuple(sorted(changes, key=lambda each: (each.end is None, each.end or each.made, int(each.change)))),
        tuple(sorted(legs, key=lambda leg: (leg.start, leg.end, leg.change, leg.service))),
        usual.complete and late.complete,
    )


def _foreseen(snapshot: Snapshot, change: Change, start: datetime | None, usual: Run, late: Run) -> Foreseen:
    end, end_p90 = _end(change, usual), _end(change, late)
    if end is not None and end_p90 is not None:
        end_p90 = max(end, end_p90)
    held = "" if end is not None else _held(change, usual)
    return Foreseen(change.id, snapshot.now, change.started or start, end, end_p90, held)


def _end(change: Change, run: Run) -> datetime | None:
    """When the last item of a change ends; None if one of them is not known to."""
    ends = [run.ends.get((change.id, item.service)) for item in change.items if _counts(change, item.service, run)]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _counts(change: Change, service: str, run: Run) -> bool:
    """Whether an item has an end of its own to come: it is not over, nor taken over by another."""
    return change.item(service).status not in FINAL and (
        (change.id, service) in run.ends or run.statuses[change.id, service] not in FINAL
    )


def _held(change: Change, run: Run) -> str:
    waits = [wait for item in change.items for wait in run.waits.get((change.id, item.service), ())]
    if waits:
        return ", ".join(dict.fromkeys(wait.reason.value for wait in waits))
    return "superseded" if not any(_counts(change, item.service, run) for item in change.items) else ""
