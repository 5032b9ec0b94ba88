"""Requests to try again, sooner, or in spite of what happened: retry, expedite, clear-bad."""

from __future__ import annotations

from engine.errors import RequestRefused, UsageError
from engine.model.change import FINAL, Change, Item, OnFailure, Status
from engine.model.decision import ChangeExpedited, ChangeRetried, VersionCleared
from engine.model.event import Event
from engine.model.names import InstanceId
from engine.model.request import ClearBad, Expedite, Retry
from engine.plan.estate import Estate
from engine.plan.people.bad import bad_mark, bad_versions, sentence
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_change, find_environment, find_service

ENDED_BADLY = frozenset({Status.FAILED, Status.REVERTED})


def retry(estate: Estate, request: Retry) -> Judgement:
    """The items that failed, were taken back or never started begin anew; the rest stays."""
    change = find_change(estate, request.change)
    again = [item for item in change.items if _is_unfinished(change, item)]
    if change.status is Status.REVERTING or not any(item.status in ENDED_BADLY for item in again):
        later = "; retry it when that is done" if change.status is Status.REVERTING else ""
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: nothing of it has failed{later}. Nothing was changed"
        )
    for item in again:
        _check_newest(estate, change, item)
        flying = [move.host for move in item.moves.values() if move.finished is None]
        if flying:
            raise RequestRefused(
                f"a step of {item.service} is still at work on {flying[0]}: retry when it has ended. "
                "Nothing was changed"
            )
    cleared = _cleared(estate, request, change, again)
    services = tuple(item.service for item in again)
    event = ChangeRetried(change.id, request.actor, services, request.reason)
    return (*cleared, event), f"change {change.id} begins anew with {', '.join(services)}"


def _is_unfinished(change: Change, item: Item) -> bool:
    """Whether a retry begins it anew. What an abort or revert_all left out counts as unstarted."""
    left_out = change.on_failure is OnFailure.REVERT_ALL or bool(change.aborted_by)
    return (
        item.status in ENDED_BADLY
        or (item.status is Status.WAITING and change.status in FINAL)
        or (item.status is Status.CANCELLED and left_out)
    )


def _check_newest(estate: Estate, change: Change, item: Item) -> None:
    instance = change.instance(item)
    newer = [(other, theirs) for other, theirs in estate.items[instance] if other.number > change.number]
    newer = [each for each in newer if each[1].status not in (Status.CANCELLED, Status.SUPERSEDED)]
    if newer:
        other, theirs = newer[-1]
        raise RequestRefused(
            f"change {other.id} has asked for {instance} {theirs.goal} since; deploy what you want instead. "
            "Nothing was changed"
        )


def _cleared(estate: Estate, request: Retry, change: Change, again: list[Item]) -> list[Event]:
    """The marks that go with the retry; without a reason it is refused."""
    events: list[Event] = []
    for item in again:
        marks = [m for m in bad_versions(estate, change.instance(item)) if m[1].version == item.goal]
        if marks and not request.reason.strip():
            raise RequestRefused(
                f"{sentence(*marks[0])}. To try it again, say why: interlock retry {change.id} --reason TEXT. "
                "Nothing was changed"
            )
        events += [VersionCleared(where, item.goal, request.actor, request.reason) for where, _ in marks]
    return events


def expedite(estate: Estate, request: Expedite) -> Judgement:
    """The change goes before those that came first."""
    change = find_change(estate, request.change)
    if change.status in FINAL or not any(item.status is Status.WAITING for item in change.items):
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: nothing of it waits for its turn. Nothing was changed"
        )
    event = ChangeExpedited(change.id, request.actor, request.reason)
    return (event,), f"change {change.id} goes first from now on; its gates hold it as before"


def clear_bad(estate: Estate, request: ClearBad) -> Judgement:
    """The versions may be deployed again."""
    if not request.services:
        raise UsageError("nothing to clear: name at least one SERVICE=VERSION")
    if not request.reason.strip():
        raise UsageError("say why it may be deployed again: --reason TEXT")
    events: list[Event] = []
    for name, version in request.services.items():
        service = find_service(estate, name)
        where = [find_environment(estate, request.environment, service)] if request.environment else []
        for environment in where or [each for each, hosts in service.hosts.items() if hosts]:
            instance = InstanceId(name, environment)
            if any(bad.version == version for bad in estate.known(instance).bad):
                events.append(VersionCleared(instance, version, request.actor, request.reason))
        if not any(isinstance(event, VersionCleared) and _is_of(event, name, version) for event in events):
            instance = InstanceId(name, request.environment)
            before = bad_mark(estate, instance, version) if request.environment else None
            hint = f": it is bad in {before[0].environment}, clear it there" if before else ""
            place = f" in {request.environment} itself" if request.environment else ""
            raise RequestRefused(f"{name} {version} is not bad{place}{hint}; nothing was changed")
    return tuple(events), f"{', '.join(f'{n} {v}' for n, v in request.services.items())} may be deployed again"


def _is_of(event: VersionCleared, service: str, version: str) -> bool:
    return (event.instance.service, event.version) == (service, version)
