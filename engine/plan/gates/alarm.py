"""The gate of alarms: nothing starts while one that applies to it fires, or cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.wait import Wait
from engine.plan.gates.case import Case
from engine.plan.people.alarms import alarm_waits


def alarm(case: Case) -> Iterator[Wait]:
    """Every alarm that applies is clear."""
    yield from alarm_waits(case.estate, case.change, case.item)
