"""The benchmarks measure something: their estates have work to do, whatever the models become."""

from __future__ import annotations

from engine.model.snapshot import Execute
from engine.plan.planner import plan
from tests.bench.planning import estate


def test_the_estate_that_is_planned_has_changes_that_start() -> None:
    actions = plan(estate(27)).actions
    assert actions
    assert not any(isinstance(action, Execute) for action in actions), "a cold plan: nothing is under way yet"
