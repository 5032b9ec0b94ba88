"""The way back with everything that has to go back too, as one change, dependents first."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import RequestRefused
from engine.model.change import Change, Item
from engine.model.event import ChangeAccepted, Event
from engine.model.names import InstanceId
from engine.model.request import Rollback
from engine.model.state import Good
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.queueing import rollback
from engine.plan.sequencing.backward import chain


def rollback_chain(estate: Estate, request: Rollback) -> Judgement:
    """The rollback asked for, with its chain; refused if no good versions make one."""
    events, said = rollback(estate, request)
    granted: list[Event] = []
    for event in events:
        if not isinstance(event, ChangeAccepted):
            granted.append(event)
            continue
        change = _with_chain(estate, event.change)
        what = ", ".join(f"{item.service} {item.goal}" for item in change.items)
        said = f"change {change.id}: {what} in {change.environment}"
        granted.append(ChangeAccepted(change))
    return tuple(granted), said


def chain_of(estate: Estate, change: Change) -> dict[str, Good]:
    """What has to go back together with a rollback's items, them included; {} if nothing fits."""
    goals = {item.service: Good(item.goal, item.configuration, item.sha256) for item in change.items}
    return chain(estate, change.environment, goals)


def _with_chain(estate: Estate, change: Change) -> Change:
    found = chain_of(estate, change)
    if not found:
        what = ", ".join(f"{item.service} {item.goal}" for item in change.items)
        raise RequestRefused(
            f"those joined with {what} have no good versions that accept it and that can be reached in a safe order: "
            "roll back to another version (--to), or deploy one that they accept. Nothing was queued"
        )
    mine = {item.service for item in change.items}
    more = tuple(
        Item(name, good.version, good.configuration, good.sha256)
        for name, good in found.items()
        if name not in mine and estate.known(InstanceId(name, change.environment)).target != good.version
    )
    return replace(change, items=tuple(sorted((*change.items, *more), key=lambda item: item.service)))
