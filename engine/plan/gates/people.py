"""Gates that people shut: pauses, holds, and what failed before in the same change."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import UNSUCCESSFUL
from engine.model.wait import Reason, Wait
from engine.plan.gates.case import Case
from engine.plan.holds import holds


def held(case: Case) -> Iterator[Wait]:
    """A person stopped the engine, the change, or the instance; or the engine is going down."""
    yield from holds(case.estate, case.change, case.item)


def failed_earlier(case: Case) -> Iterator[Wait]:
    """Another item of the same change failed: what has not started does not start."""
    for other in case.change.items:
        if other.status in UNSUCCESSFUL:
            message = f"{other.service} failed earlier in change {case.change.id}"
            yield case.wait(Reason.FAILED_EARLIER, message, case.change.requested_by)
            return
