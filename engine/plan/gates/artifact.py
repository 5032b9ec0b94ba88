"""The gates of the release itself: its file must be there, verified, and what was accepted; and
the version must not have turned out bad.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import Change, Item, Kind
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.gates.case import Case
from engine.plan.people.bad import bad_mark, sentence


def artifact(case: Case) -> Iterator[Wait]:
    """The release's file was there when the change was accepted, and must still be."""
    fault = artifact_fault(case.estate, case.change, case.item)
    if fault:
        reason, message, unblock = fault
        yield case.wait(reason, message, owner=case.owner(case.item.service), unblock=unblock)


def artifact_fault(estate: Estate, change: Change, item: Item) -> tuple[Reason, str, str] | None:
    """Why the release of an item cannot be sent (reason, message, what to do), None if it can or
    need not be: hosts keep what they ran."""
    if change.is_errand or not item.goal:
        return None
    fault = content_fault(estate, change, item)
    good = estate.known(change.instance(item)).good
    kept = any(each.version == item.goal and item.sha256 in ("", each.sha256) for each in good)
    return None if kept and (change.kind is Kind.ROLLBACK or item.started) else fault


def content_fault(estate: Estate, change: Change, item: Item) -> tuple[Reason, str, str] | None:
    """Why the content of an item's release cannot be sent, whether or not a host needs it."""
    known = estate.snapshot.catalog.find(item.service, item.goal)
    if known is not None and known.sha256 and not known.fault and item.sha256 in ("", known.sha256):
        return None
    if known is None:
        waited_for = change.when_available
        message = f"the artifact of {item.service} {item.goal} is {'not known yet' if waited_for else 'gone'}"
        return Reason.ARTIFACT_MISSING, message, "publish the file and its sum" if waited_for else "put the file back"
    if not known.sha256:
        message = f"no sha256 sum is listed for {known.place}"
        return Reason.ARTIFACT_UNVERIFIED, message, "add it to the sums file"
    if known.fault and item.sha256 in ("", known.sha256):
        return Reason.ARTIFACT_UNVERIFIED, known.fault, "put the file back as it was"
    message = (
        f"{known.place} is not what was accepted: its sha256 was {item.sha256[:12]} then and is {known.sha256[:12]} now"
    )
    return Reason.ARTIFACT_UNVERIFIED, message, "put the file back, or give the new content a new version"


def bad_version(case: Case) -> Iterator[Wait]:
    """The version became bad, here or in an environment before, after the change was accepted."""
    name, goal = case.item.service, case.item.goal
    found = bad_mark(case.estate, case.instance, goal)
    if found is not None:
        where, mark = found
        unblock = f"interlock clear-bad {name}={goal} -e {where.environment} --reason TEXT"
        yield case.wait(Reason.BAD_VERSION, sentence(where, mark), owner=mark.by, unblock=unblock)
