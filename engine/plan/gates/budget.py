"""The gate of budgets: a rollout that could move nothing now, because too much is unavailable
already, does not start and keeps its neighbours from nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.wait import Wait
from engine.plan.budget import Budgets
from engine.plan.gates.case import Case
from engine.plan.gates.outage import together
from engine.plan.overrides import is_lifted
from engine.plan.under_way import UnderWay


def budget(case: Case) -> Iterator[Wait]:
    """Every placement that would have to move is available, and no budget can spare one."""
    limits, estate = case.estate.inventory.limits, case.estate
    if together(case):
        return  # an outage is meant to take them down
    if limits.unavailable is None and limits.unavailable_per_domain is None:
        return
    budgets, rollout = Budgets(estate), UnderWay(estate, case.change, case.item)
    waits: dict[str, Wait] = {}
    for placement in rollout.placements:
        if rollout.is_at_goal(placement) or not estate.reachable(placement.host):
            continue
        refusals = [
            refusal
            for refusal in (budgets.refuse(placement) if estate.available(placement) else ())
            if not is_lifted(estate, case.change, refusal.reason)
        ]
        if not refusals:
            return
        for refusal in refusals:
            wait = case.wait(refusal.reason, refusal.message, refusal.owner, refusal.unblock)
            waits.setdefault(refusal.owner, wait)
    yield from waits.values()
