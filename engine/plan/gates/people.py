"""Gates that people shut: pauses, holds, and what failed before in the same change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.model.change import UNSUCCESSFUL
from engine.model.wait import Reason, Wait
from engine.plan.gates.case import Case
from engine.plan.people.holds import holds


def held(case: Case) -> Iterator[Wait]:
    """A person stopped the engine, the change, or the instance; or the engine is going down."""
    yield from holds(case.estate, case.change, case.item)


def not_before(case: Case) -> Iterator[Wait]:
    """Whoever asked for it said: not before then."""
    change = case.change
    if change.not_before is not None and case.estate.snapshot.now < change.not_before:
        message = f"{change.requested_by} asked for it not before {change.not_before:%Y-%m-%d %H:%M} UTC"
        unblock = "deploy it again without --not-before"
        yield replace(case.wait(Reason.NOT_BEFORE, message, change.requested_by, unblock), until=change.not_before)


def failed_earlier(case: Case) -> Iterator[Wait]:
    """Another item of the same change failed: what has not started does not start."""
    for other in case.change.items:
        if other.status in UNSUCCESSFUL and not case.change.goes_again(other):
            message = f"{other.service} failed earlier in change {case.change.id}"
            yield case.wait(Reason.FAILED_EARLIER, message, case.change.requested_by)
            return
