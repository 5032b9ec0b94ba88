"""The request to promote: a person lets the canaries of a change go on."""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.model.change import FINAL, Change, Item, Status
from engine.model.request import Promote
from engine.model.stage import ChangePromoted
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_change
from engine.plan.rollouts.baking import awaits_promotion, left_s, sick
from engine.plan.rollouts.stages import Course
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.times.windows import length_text


def promote(estate: Estate, request: Promote) -> Judgement:
    """Every canary of the change that has baked and is healthy goes on; refused if none waits."""
    change = find_change(estate, request.change)
    whys = {item.service: _why_not(estate, change, item) for item in change.items}
    services = tuple(name for name, why in whys.items() if not why)
    if not services:
        why = next((why for why in whys.values() if why != NOTHING), NOTHING)
        raise RequestRefused(f"nothing of change {change.id} awaits promotion: {why}. Nothing was changed")
    said = f"change {change.id}: the canary of {', '.join(services)} is promoted"
    paused = f"; it goes on when the change is resumed (paused by {change.paused_by})" if change.paused_by else ""
    return (ChangePromoted(change.id, request.actor, services),), f"{said}{paused}"


NOTHING = "no canary of it waits for a person"


def _why_not(estate: Estate, change: Change, item: Item) -> str:
    """Why an item's canary cannot be promoted now, "" if it can."""
    if item.status in FINAL or item.status is Status.REVERTING or change.status in FINAL:
        return f"{item.service} is {item.status.value}"
    if item.status is Status.WAITING:
        return f"{item.service} has not started"
    rollout = UnderWay(estate, change, item)
    course = Course(rollout)
    if course.stage is None or not awaits_promotion(rollout, course.stage):
        return f"{item.promoted_by} promoted {item.service} already" if item.promoted_by else NOTHING
    if item.bake is None or item.bake.stage != course.stage.name:
        return f"the canary of {item.service} is not healthy everywhere yet; it can be promoted once it is"
    still_s = left_s(rollout, course.stage)
    if still_s > 0:
        return f"the canary of {item.service} bakes for another {length_text(still_s)}; promote it then"
    ill = sick(rollout)
    return f"{ill[0].host} is not healthy: {rollout.illness(ill[0])}" if ill else ""
