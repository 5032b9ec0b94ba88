"""The gates of the release itself: its file must be there, and verified, and the version good."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import Kind
from engine.model.wait import Reason, Wait
from engine.plan.bad import bad_mark, sentence
from engine.plan.gates.case import Case


def artifact(case: Case) -> Iterator[Wait]:
    """The release's file was there when the change was accepted, and must still be."""
    name, goal = case.item.service, case.item.goal
    known = case.estate.snapshot.catalog.find(name, goal)
    if known is None:
        good = case.estate.known(case.instance).good
        if case.change.kind is Kind.ROLLBACK and any(g.version == goal for g in good):
            return  # the hosts keep what they ran
        waited_for = case.change.when_available
        message = f"the artifact of {name} {goal} is {'not known yet' if waited_for else 'gone'}"
        unblock = "publish the file and its sum" if waited_for else "put the file back"
        yield case.wait(Reason.ARTIFACT_MISSING, message, owner=case.owner(name), unblock=unblock)
    elif not known.sha256:
        message = f"no sha256 sum is listed for {known.path}"
        yield case.wait(Reason.ARTIFACT_UNVERIFIED, message, owner=case.owner(name), unblock="add it to the sums file")


def bad_version(case: Case) -> Iterator[Wait]:
    """The version became bad, here or in an environment before, after the change was accepted."""
    name, goal = case.item.service, case.item.goal
    found = bad_mark(case.estate, case.instance, goal)
    if found is not None:
        where, mark = found
        unblock = f"interlock clear-bad {name}={goal} -e {where.environment} --reason TEXT"
        yield case.wait(Reason.BAD_VERSION, sentence(where, mark), owner=mark.by, unblock=unblock)
