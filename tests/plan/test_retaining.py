"""Which artifacts stay on the engine."""

from __future__ import annotations

from engine.model.change import Status
from engine.plan.retaining import needed_artifacts
from tests.builders import service, world


def test_what_runs_is_queued_or_may_come_back_is_needed_and_nothing_else() -> None:
    made = world(service("web"))
    for version in ("1.1", "1.2", "2.0"):
        change = made.deploy(web=version)
        made.run()
        assert made.change(change).status is Status.SUCCEEDED
    made.deploy(web="3.0")
    found = needed_artifacts(made.state)
    assert found == {("web", "1.2"), ("web", "2.0"), ("web", "3.0")}
