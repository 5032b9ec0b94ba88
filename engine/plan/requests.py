"""Judges what operators ask: ``judge(snapshot, request)`` answers with the events that would
grant it, or raises with the sentence that refuses it. Nothing is granted half.
"""

from __future__ import annotations

from engine.errors import RequestRefused, UsageError
from engine.model.change import FINAL, Change, Item, Kind, OnFailure, Status
from engine.model.event import (
    ChangeAccepted,
    ChangePaused,
    ChangeResumed,
    ChangeStatus,
    EnginePaused,
    EngineResumed,
    Event,
    InstanceHeld,
    InstanceReleased,
    ItemStatus,
)
from engine.model.inventory import Service
from engine.model.names import InstanceId
from engine.model.request import Cancel, Deploy, Pause, Request, Resume, Rollback
from engine.model.snapshot import Snapshot
from engine.model.state import Good
from engine.model.version import problem_with, sort_key
from engine.plan.estate import Estate
from engine.plan.nearest import did_you_mean


def judge(snapshot: Snapshot, request: Request) -> tuple[tuple[Event, ...], str]:
    """The events that grant a request (none if nothing has to be done), and a sentence.

    Raises UsageError for what cannot be meant (an unknown name), RequestRefused for what is
    understood and not possible.
    """
    estate = Estate(snapshot)
    match request:
        case Deploy():
            return _deploy(estate, request)
        case Rollback():
            return _rollback(estate, request)
        case Pause():
            return _pause(estate, request)
        case Resume():
            return _resume(estate, request)
        case Cancel():
            return _cancel(estate, request)


def find_instance(estate: Estate, subject: str) -> InstanceId:
    """The instance meant by SERVICE or SERVICE@ENV; UsageError if it is not clear which."""
    name, _, environment = subject.partition("@")
    service = find_service(estate, name)
    if environment:
        return InstanceId(name, find_environment(estate, environment, service))
    places = sorted(env for env, hosts in service.hosts.items() if hosts)
    if len(places) != 1:
        choices = " or ".join(f"{name}@{place}" for place in places) or "it is placed nowhere"
        raise UsageError(f"{name} runs in {len(places)} environments: say which ({choices})")
    return InstanceId(name, places[0])


def find_service(estate: Estate, name: str) -> Service:
    """The service of that name; UsageError with the nearest names if there is none."""
    service = estate.service(name)
    if service is None:
        raise UsageError(f"no service is called {name!r}; {did_you_mean(name, estate.inventory.services, 'service')}")
    return service


def find_environment(estate: Estate, name: str, service: Service | None = None) -> str:
    """The environment of that name; refused if ``service`` has no placement in it."""
    if name not in estate.inventory.environments:
        raise UsageError(
            f"no environment is called {name!r}; {did_you_mean(name, estate.inventory.environments, 'environment')}"
        )
    if service is not None and not service.hosts.get(name):
        raise RequestRefused(f"{service.name} has no placement in {name}; nothing was queued")
    return name


def find_change(estate: Estate, subject: str) -> Change:
    """The change of that id; UsageError if there is none."""
    change = estate.state.changes.get(subject)
    if change is None:
        latest = ", ".join(list(estate.state.changes)[-5:]) or "none yet"
        raise UsageError(f"there is no change {subject}; the latest are: {latest}")
    return change


def _deploy(estate: Estate, request: Deploy) -> tuple[tuple[Event, ...], str]:
    environment = find_environment(estate, request.environment)
    if not request.services:
        raise UsageError("nothing to deploy: name at least one SERVICE=VERSION")
    items: list[Item] = []
    for name, version in request.services.items():
        service = find_service(estate, name)
        find_environment(estate, environment, service)
        if request.only_differing and estate.desired(InstanceId(name, environment)) == version:
            continue
        sha256 = _check_release(estate, service, version)
        items.append(Item(name, version, service.configuration, sha256=sha256))
    if not items:
        return (), f"{environment} is as wanted already; nothing was queued"
    return _accept(estate, request, environment, items, Kind.DEPLOY, request.on_failure)


def _check_release(estate: Estate, service: Service, version: str) -> str:
    """The digest of a release that may be deployed; UsageError or RequestRefused if it may not."""
    problem = problem_with(service.scheme, version)
    if problem:
        raise UsageError(f"{version!r} {problem}")
    artifact = estate.snapshot.catalog.find(service.name, version)
    if artifact is None:
        known = estate.snapshot.catalog.versions(service.name)
        newest_first = sorted(known, key=lambda v: sort_key(service.scheme, v), reverse=True)
        names = ", ".join(newest_first[:5]) or "none"
        raise RequestRefused(
            f"no artifact of {service.name} {version} is known; known versions: {names}. Nothing was queued"
        )
    if not artifact.sha256:
        raise RequestRefused(
            f"{artifact.path} has no sha256 sum, and nothing unverified is deployed: add it to the sums file. "
            "Nothing was queued"
        )
    return artifact.sha256


def _accept(
    estate: Estate,
    request: Deploy | Rollback,
    environment: str,
    items: list[Item],
    kind: Kind,
    on_failure: OnFailure = OnFailure.HOLD,
) -> tuple[tuple[Event, ...], str]:
    change = Change(
        number=estate.state.next_change,
        environment=environment,
        items=tuple(sorted(items, key=lambda item: item.service)),
        requested_by=request.actor,
        created=estate.snapshot.now,
        reason=request.reason,
        kind=kind,
        on_failure=on_failure,
    )
    what = ", ".join(f"{item.service} {item.goal}" for item in change.items)
    return (ChangeAccepted(change),), f"change {change.id}: {what} in {environment}"


def _rollback(estate: Estate, request: Rollback) -> tuple[tuple[Event, ...], str]:
    if request.subject in estate.state.changes:
        return _rollback_change(estate, request, estate.state.changes[request.subject])
    instance = find_instance(estate, request.subject)
    good = _good(estate, instance, request.to)
    item = Item(instance.service, good.version, good.configuration, sha256=good.sha256)
    return _accept(estate, request, instance.environment, [item], Kind.ROLLBACK)


def _good(estate: Estate, instance: InstanceId, to: str) -> Good:
    """The version a rollback goes to: the one named, or the newest good one but the target."""
    known = estate.known(instance)
    choices = [good for good in known.good if good.version != known.target]
    found = next((good for good in reversed(choices) if to in ("", good.version)), None)
    if found is None:
        names = ", ".join(good.version for good in reversed(choices)) or "none"
        wanted = f"{to} was never healthy in {instance}" if to else f"{instance} has no earlier good version"
        raise RequestRefused(f"{wanted}; good ones: {names}. To go anywhere else, deploy it. Nothing was queued")
    return found


def _rollback_change(estate: Estate, request: Rollback, change: Change) -> tuple[tuple[Event, ...], str]:
    if request.to:
        raise UsageError("--to goes with a service, not with a change: a change goes back to what it left")
    items = [
        Item(item.service, item.origin, item.origin_configuration or item.configuration, sha256=item.origin_sha256)
        for item in change.items
        if item.origin is not None and item.status in (Status.SUCCEEDED, Status.RUNNING, Status.PAUSED)
    ]
    if not items:
        raise RequestRefused(f"change {change.id} is {change.status.value}: it has nothing to go back from")
    return _accept(estate, request, change.environment, items, Kind.ROLLBACK)


def _pause(estate: Estate, request: Pause) -> tuple[tuple[Event, ...], str]:
    if not request.subject:
        return (EnginePaused(request.actor),), "the engine starts nothing more; reverts under way finish"
    if not request.subject.isdigit():
        instance = find_instance(estate, request.subject)
        return (InstanceHeld(instance, request.actor),), f"hands off {instance} until it is resumed"
    change = find_change(estate, request.subject)
    if change.paused_by and change.status not in FINAL:
        return (), f"change {change.id} is paused already, by {change.paused_by}"
    runs_on = change.status is Status.REVERTING and any(item.status is Status.RUNNING for item in change.items)
    if change.status not in (Status.WAITING, Status.RUNNING) and not runs_on:
        raise RequestRefused(f"change {change.id} is {change.status.value}: there is nothing to pause")
    return (ChangePaused(change.id, request.actor),), f"change {change.id} pauses at the next safe point"


def _resume(estate: Estate, request: Resume) -> tuple[tuple[Event, ...], str]:
    if not request.subject:
        return (EngineResumed(request.actor),), "the engine goes on"
    if not request.subject.isdigit():
        instance = find_instance(estate, request.subject)
        return (InstanceReleased(instance, request.actor),), f"{instance} may move again"
    change = find_change(estate, request.subject)
    if not change.paused_by or change.status in FINAL:
        raise RequestRefused(f"change {change.id} is {change.status.value}, not paused")
    return (ChangeResumed(change.id, request.actor),), f"change {change.id} goes on"


def _cancel(estate: Estate, request: Cancel) -> tuple[tuple[Event, ...], str]:
    change = find_change(estate, request.change)
    waiting = [item for item in change.items if item.status is Status.WAITING]
    held = change.status in (Status.FAILED, Status.REVERTED)
    if change.started and not held:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: only what has not started can be cancelled; "
            f"pause it, or roll it back"
        )
    if not waiting:
        raise RequestRefused(f"change {change.id} is {change.status.value}: nothing of it waits")
    events: list[Event] = [ItemStatus(change.id, item.service, Status.CANCELLED) for item in waiting]
    if not held:
        events.append(ChangeStatus(change.id, Status.CANCELLED, request.actor))
    return tuple(events), f"change {change.id}: cancelled {', '.join(item.service for item in waiting)}"
