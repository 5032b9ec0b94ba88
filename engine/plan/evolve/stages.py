"""Events of a rollout's stages: one bakes, is through, is promoted; and the progress clock, which
stands still while a gate holds the rollout."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import Item
from engine.model.event import Recorded
from engine.model.stage import Bake, ChangePromoted, RolloutStood, StageBaking, StagePassed
from engine.model.state import State
from engine.plan.evolve.parts import change_of, put_change, with_item

STAGES = (StageBaking, StagePassed, RolloutStood, ChangePromoted)


def evolve_stage(state: State, recorded: Recorded) -> State:
    """The state after one of ``STAGES``."""
    now_s = recorded.elapsed_s
    match recorded.event:
        case StageBaking(change, service, stage, boots):
            item = change_of(state, change).item(service)
            bake = Bake(stage, now_s, boots) if stage else None
            return _put(state, change, replace(restarted(item, now_s), bake=bake))
        case StagePassed(change, service, stage):
            item = change_of(state, change).item(service)
            passed = {**item.passed, stage: now_s}
            return _put(state, change, replace(restarted(item, now_s), bake=None, passed=passed))
        case RolloutStood(change, service, stands):
            return _put(state, change, _stood(change_of(state, change).item(service), now_s, stands=stands))
        case ChangePromoted(change, by, services):
            for service in services:
                item = change_of(state, change).item(service)
                state = _put(state, change, replace(item, promoted_by=by))
            return state
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")


def restarted(item: Item, now_s: float) -> Item:
    """The progress clock begins anew; where it stood still it goes on standing."""
    stood = None if item.stood_since_s is None else now_s
    return replace(item, progress_at_s=now_s, stood_since_s=stood)


def _stood(item: Item, now_s: float, *, stands: bool) -> Item:
    """The progress clock stops, or goes on from where it stopped."""
    if stands:
        return item if item.stood_since_s is not None else replace(item, stood_since_s=now_s)
    return replace(item, progress_at_s=now_s - item.progress_s(now_s), stood_since_s=None)


def _put(state: State, change: str, item: Item) -> State:
    return put_change(state, with_item(change_of(state, change), item))
