"""A stage's bake: it begins when everything of the stage is at the goal and healthy, health must
hold through it, and where a person is to promote the canaries it is looked at once more then.

Engine time counts, whoever pauses what meanwhile. A host that went down takes nothing from the
version: its bake is cut off and begins anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.model.change import Status
from engine.model.names import PlacementId
from engine.model.snapshot import Action, Decide
from engine.model.stage import StageBaking, StagePassed
from engine.model.wait import Reason, Wait
from engine.plan.care.upkeep import in_reach
from engine.plan.people.alarms import alarm_waits
from engine.plan.people.overrides import is_lifted
from engine.plan.rollouts.stages import Course, Stage
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.soaking import ROUNDING_S
from engine.plan.times.windows import length_text


def sick(rollout: UnderWay) -> list[PlacementId]:
    """The placements at the goal that answer and are not healthy."""
    estate = rollout.estate
    return [
        placement
        for placement in rollout.placements
        if rollout.is_at_goal(placement)
        and in_reach(estate, placement.host)
        and not estate.is_moving(placement)
        and not estate.available(placement)
    ]


def failed_in_bake(rollout: UnderWay) -> str:
    """Why the stage that bakes has failed, "" if it has not, or nothing bakes."""
    bake = rollout.item.bake
    if bake is None:
        return ""
    boots, hosts = bake.boots, rollout.estate.state.hosts
    ill = [p for p in sick(rollout) if boots.get(p.host) == hosts[p.host].boot_id]
    if not ill:
        return ""
    what = f"{rollout.item.service} {rollout.item.goal} did not stay healthy through its bake ({bake.stage})"
    return f"{what}; {ill[0].host}: {rollout.illness(ill[0])}"


def left_s(rollout: UnderWay, stage: Stage) -> float:
    """Seconds for which the stage still has to bake; all of it where it has not begun."""
    bake = rollout.item.bake
    if is_lifted(rollout.estate, rollout.change, Reason.BAKING):
        return 0.0
    if bake is None or bake.stage != stage.name:
        return stage.bake_s
    still_s = bake.since_s + stage.bake_s - rollout.estate.snapshot.elapsed_s
    return still_s if still_s > ROUNDING_S else 0.0


def awaits_promotion(rollout: UnderWay, stage: Stage) -> bool:
    """Whether a person has to let it go on, once it has baked."""
    lifted = is_lifted(rollout.estate, rollout.change, Reason.PROMOTION_REQUIRED)
    return stage.awaits and not rollout.item.promoted_by and not lifted


def bake(rollout: UnderWay, course: Course) -> tuple[list[Action], list[Wait]]:
    """What becomes of a stage that is complete: it begins to bake, bakes, awaits promotion, or is
    through. Nothing of both: the stage asks for nothing, and it was the last."""
    stage, item = course.stage, rollout.item
    if stage is None or (course.is_last and not stage.bake_s and not stage.awaits):
        return [], []
    ill = sick(rollout)
    begun = item.bake is not None and item.bake.stage == stage.name
    if ill:  # a bake that fails by it was found out before: a host went down
        cut = [Decide(StageBaking(rollout.change.id, item.service, ""))] if item.bake else []
        return list(cut), [] if cut else [unhealthy(rollout, placement) for placement in ill]
    if not begun and (stage.bake_s or stage.awaits):
        return [_begin(rollout, stage)], []
    waits = _waits(rollout, stage)
    return ([], waits) if waits else ([Decide(StagePassed(rollout.change.id, item.service, stage.name))], [])


def unhealthy(rollout: UnderWay, placement: PlacementId) -> Wait:
    """The wait for a placement that is at the goal and not healthy."""
    message = f"{placement.host} runs {rollout.item.goal} and is not healthy: {rollout.illness(placement)}"
    return rollout.wait(Reason.BLAST_RADIUS, placement, message)


def _begin(rollout: UnderWay, stage: Stage) -> Decide:
    hosts = rollout.estate.state.hosts
    at_goal = [p.host for p in rollout.placements if rollout.is_at_goal(p) and rollout.estate.reachable(p.host)]
    boots = {host: hosts[host].boot_id for host in at_goal}
    return Decide(StageBaking(rollout.change.id, rollout.item.service, stage.name, boots))


def _waits(rollout: UnderWay, stage: Stage) -> list[Wait]:
    snapshot, item = rollout.estate.snapshot, rollout.item
    still_s = left_s(rollout, stage)
    if still_s > 0:
        share = f"{length_text(still_s)} of {length_text(stage.bake_s)}"
        message = f"{stage.name} of {item.service} {item.goal} bakes: {share} to go"
        until = snapshot.now + timedelta(seconds=still_s)
        return [replace(rollout.wait(Reason.BAKING, rollout.instance, message), until=until)]
    alarms = alarm_waits(rollout.estate, rollout.change, item)
    waits = [wait for wait in alarms if not is_lifted(rollout.estate, rollout.change, wait.reason)]
    if awaits_promotion(rollout, stage):
        count = len(stage.placements)
        message = (
            f"the canary of {item.service} {item.goal} ({count} placement{'s' * (count != 1)}) waits for promotion"
        )
        unblock = f"interlock promote {rollout.change.id}"
        waits.append(rollout.wait(Reason.PROMOTION_REQUIRED, rollout.instance, f"{message}: {unblock}", unblock))
    return waits


def ahead(rollout: UnderWay) -> list[tuple[tuple[PlacementId, ...], float]]:
    """The stages that a rollout has before it, for a forecast: the placements of each that are in
    none before, and the seconds it still bakes. On the way back all is one, and nothing bakes."""
    course = Course(rollout)
    if rollout.item.status is Status.REVERTING or course.stage is None:
        return [(rollout.placements, 0.0)]
    found: list[tuple[tuple[PlacementId, ...], float]] = []
    known: set[PlacementId] = set()
    first = tuple(placement for stage in course.stages[: course.at + 1] for placement in stage.placements)
    for number, stage in enumerate(course.stages[course.at :]):
        places = stage.placements if number else tuple(dict.fromkeys(first))
        found.append((tuple(p for p in places if p not in known), left_s(rollout, stage)))
        known.update(places)
    return found
