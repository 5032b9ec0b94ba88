"""The gate of the release itself: its file must be there, and verified."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import Kind
from engine.model.wait import Reason, Wait
from engine.plan.gates.case import Case


def artifact(case: Case) -> Iterator[Wait]:
    """The release's file was there when the change was accepted, and must still be."""
    name, goal = case.item.service, case.item.goal
    known = case.estate.snapshot.catalog.find(name, goal)
    if known is None:
        good = case.estate.known(case.instance).good
        if case.change.kind is Kind.ROLLBACK and any(g.version == goal for g in good):
            return  # the hosts keep what they ran
        message = f"the artifact of {name} {goal} is gone"
        yield case.wait(Reason.ARTIFACT_MISSING, message, owner=case.owner(name), unblock="put the file back")
    elif not known.sha256:
        message = f"no sha256 sum is listed for {known.path}"
        yield case.wait(Reason.ARTIFACT_UNVERIFIED, message, owner=case.owner(name), unblock="add it to the sums file")
