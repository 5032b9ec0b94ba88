"""The gate of budgets: a rollout that could move nothing now, because too much is unavailable
already, does not start and keeps its neighbours from nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.wait import Wait
from engine.plan.budget import Budgets
from engine.plan.care.upkeep import shut
from engine.plan.gates.case import Case
from engine.plan.gates.outage import together
from engine.plan.people.overrides import is_lifted
from engine.plan.rollouts.batch import no_room
from engine.plan.rollouts.under_way import UnderWay


def budget(case: Case) -> Iterator[Wait]:
    """Every placement that would have to move is available, and no budget can spare one."""
    limits, estate = case.estate.inventory.limits, case.estate
    if together(case):
        return  # an outage is meant to take them down
    rollout = UnderWay(estate, case.change, case.item)
    yield from _own(rollout)
    if limits.unavailable is None and limits.unavailable_per_domain is None:
        return
    budgets = Budgets(estate)
    waits: dict[str, Wait] = {}
    for placement in rollout.placements:
        if rollout.is_at_goal(placement) or not estate.reachable(placement.host) or shut(estate, placement.host):
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


def _own(rollout: UnderWay) -> Iterator[Wait]:
    """Hosts that do not answer have spent the instance's own budget, so that nothing could move."""
    estate, placements = rollout.estate, rollout.placements
    unavailable = [placement for placement in placements if not estate.available(placement)]
    allowed = rollout.policy.may_be_unavailable(len(placements))
    if len(unavailable) < allowed or all(estate.reachable(placement.host) for placement in unavailable):
        return
    near = [p for p in placements if not rollout.is_at_goal(p) and estate.reachable(p.host)]
    if near and all(estate.available(placement) for placement in near):
        wait = no_room(rollout, rollout.instance, unavailable, allowed)
        if not is_lifted(estate, rollout.change, wait.reason):
            yield wait
