"""A rollout batch by batch, in the shape of the protocol: which placements moved together, which move now,
and which come next by its strategy. What was is told by the moves; what comes is what the planner would
begin if nothing fails and every budget has room, so it is asked for again with every board.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from engine.api.protocol import BatchView, CourseView
from engine.model.change import Change, Item, Move, Status
from engine.model.names import PlacementId
from engine.plan.estate import Estate
from engine.plan.rollouts.baking import awaits_promotion, left_s
from engine.plan.rollouts.stages import Course, Stage
from engine.plan.rollouts.under_way import UnderWay

TOGETHER = timedelta(seconds=0.5)  # the intents of one batch are written one after the other


def course_view(estate: Estate, change: Change, item: Item) -> list[CourseView] | None:
    """The stages of an item that is on its way forward, with their batches. None of one that has
    not begun, goes back or is over: there the moves say all there is."""
    if item.status not in (Status.RUNNING, Status.PAUSED):
        return None
    rollout = UnderWay(estate, change, item)
    course = Course(rollout)
    found, seen = list[CourseView](), set[PlacementId]()
    for number, stage in enumerate(course.stages):
        mine = [placement for placement in stage.placements if placement not in seen]
        seen.update(mine)
        last = number == len(course.stages) - 1
        again = [p for p in rollout.placements if course.has_failed(p)] if last else []
        found.append(_stage(course, number, stage, mine, again))
    return found


def _stage(
    course: Course, number: int, stage: Stage, mine: Sequence[PlacementId], again: Sequence[PlacementId]
) -> CourseView:
    rollout = course.rollout
    there = [placement for placement in mine if rollout.is_at_goal(placement)]
    still_s = left_s(rollout, stage) if number == course.at else 0.0
    begun = rollout.item.bake is not None and rollout.item.bake.stage == stage.name
    baked_s = stage.bake_s if number < course.at else max(0.0, stage.bake_s - still_s) if begun else 0.0
    return {
        "name": stage.name,
        "state": _state(course, number, stage, still_s, begun=begun),
        "bake_s": stage.bake_s,
        "baked_s": round(baked_s, 1),
        "promoted_by_hand": stage.awaits,
        "done": len(there),
        "total": len(mine),
        "batches": [*_moved(rollout, mine, there), *_ahead(course, number, mine, again)],
    }


def _state(course: Course, number: int, stage: Stage, still_s: float, *, begun: bool) -> str:
    """done, ahead, moving, baking, or promotion (which it awaits)."""
    if number != course.at:
        return "done" if number < course.at else "ahead"
    if not begun:
        return "moving"
    return "promotion" if not still_s and awaits_promotion(course.rollout, stage) else "baking"


def _moved(rollout: UnderWay, mine: Sequence[PlacementId], there: Sequence[PlacementId]) -> list[BatchView]:
    """What needed no move, then the moves forward that began together."""
    names = {placement.host for placement in mine}
    moves = sorted((m for m in rollout.item.moves.values() if m.host in names), key=lambda m: (m.started, m.host))
    unmoved = [placement.host for placement in there if placement.host not in rollout.item.moves]
    flying = {move.host for move in rollout.in_flight}
    found: list[BatchView] = [{"state": "there", "hosts": unmoved}] if unmoved else []
    for batch in _together(moves):
        hosts = [move.host for move in batch]
        missed = not {placement.host for placement in there}.issuperset(hosts)
        found.append({"state": "now" if flying & set(hosts) else "failed" if missed else "done", "hosts": hosts})
    return found


def _together(moves: Iterable[Move]) -> list[list[Move]]:
    found: list[list[Move]] = []
    begin: datetime | None = None
    for move in moves:
        if begin is None or move.started - begin > TOGETHER:
            found.append([])
            begin = move.started
        found[-1].append(move)
    return found


def _ahead(course: Course, number: int, mine: Sequence[PlacementId], again: Sequence[PlacementId]) -> list[BatchView]:
    """What has not moved yet, as many at a time as may move at once, what is ill first; and in the last
    stage what failed before, which is tried again."""
    rollout = course.rollout
    moves, total = rollout.item.moves, len(rollout.placements)
    size = max(1, min(rollout.policy.max_parallel.of(total), rollout.policy.may_be_unavailable(total)))
    left = [p for p in mine if p.host not in moves and not rollout.is_at_goal(p)]
    left.sort(key=rollout.estate.available)
    chunks = [group[at : at + size] for group in (left, list(again)) for at in range(0, len(group), size)]
    current = number == min(course.at, len(course.stages) - 1)
    return [
        {"state": "next" if current and not at else "later", "hosts": [placement.host for placement in chunk]}
        for at, chunk in enumerate(chunks)
    ]
