"""Asks the planner until it has nothing more to decide: what is left then is to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.model.snapshot import Decide, Execute, Plan, RunHook, Snapshot, Stage
from engine.plan.planner import plan
from engine.runtime.draft import Draft

MAX_ROUNDS = 100


@dataclass(slots=True)
class Acts:
    """What one turn comes to: moves and hooks to carry out, by step; releases to bring ahead; and the last
    plan, whose waits say why the rest stands still."""

    executes: dict[str, Execute | RunHook] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    plan: Plan = field(default_factory=Plan)


def decide(draft: Draft, look: Callable[[Draft, Iterable[str]], Snapshot], previous: Plan) -> Acts:
    """Plan, record what is decided, and plan again. ``look`` makes the snapshot of a draft, with
    the steps that are to begin besides those at work; ``previous`` is the plan of the last turn."""
    acts = Acts(plan=previous)
    for _ in range(MAX_ROUNDS):
        acts.plan = plan(look(draft, acts.executes), acts.plan)
        before = draft.seq
        for action in acts.plan.actions:
            if isinstance(action, Decide):
                draft.record(action.event)
            elif isinstance(action, (Execute, RunHook)):
                if action.intent:
                    draft.record(action.intent)
                acts.executes[action.step] = action
        if draft.seq == before:
            acts.stages = tuple(action for action in acts.plan.actions if isinstance(action, Stage))
            return acts
    raise RuntimeError(f"the planner has not settled after {MAX_ROUNDS} rounds")
