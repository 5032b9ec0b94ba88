"""The stage of a rollout in the shape of the protocol."""

from __future__ import annotations

from engine.api.protocol import StageView
from engine.model.change import Change, Item, Status
from engine.plan.estate import Estate
from engine.plan.rollouts.baking import awaits_promotion, left_s
from engine.plan.rollouts.stages import Course
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.times.windows import length_text


def stage_view(estate: Estate, change: Change, item: Item) -> StageView | None:
    """Where a rollout is on its way; None if it has no stages, or is not on its way forward."""
    if item.status not in (Status.RUNNING, Status.PAUSED):
        return None
    rollout = UnderWay(estate, change, item)
    course = Course(rollout)
    stage = course.stage
    if stage is None or (len(course.stages) == 1 and not stage.bake_s and not stage.awaits):
        return None
    begun = item.bake is not None and item.bake.stage == stage.name
    still_s = left_s(rollout, stage)
    awaits = begun and not still_s and awaits_promotion(rollout, stage)
    done = sum(rollout.is_at_goal(placement) for placement in stage.placements)
    had_s = max(0.0, stage.bake_s - still_s)
    text = f"{stage.name} {done} of {len(stage.placements)}"
    if awaits:
        text += ", awaits promotion"
    elif begun:
        text += f", baking {length_text(had_s)} of {length_text(stage.bake_s)}"
    return {
        "name": stage.name,
        "number": course.at + 1,
        "count": len(course.stages),
        "done": done,
        "total": len(stage.placements),
        "baking": begun and not awaits,
        "bake_s": stage.bake_s,
        "baked_s": round(had_s, 1) if begun else 0.0,
        "awaits_promotion": awaits,
        "text": text,
    }
