"""Requests that queue a change: deploy (apply too), and the way back."""

from __future__ import annotations

from engine.errors import RequestRefused, UsageError
from engine.model.change import Change, Item, Kind, OnFailure, Status
from engine.model.event import ChangeAccepted
from engine.model.inventory import Service
from engine.model.names import InstanceId
from engine.model.request import Deploy, Rollback
from engine.model.state import Good
from engine.model.version import problem_with, sort_key
from engine.plan.estate import Estate
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_environment, find_instance, find_service


def deploy(estate: Estate, request: Deploy) -> Judgement:
    environment = find_environment(estate, request.environment)
    if not request.services:
        raise UsageError("nothing to deploy: name at least one SERVICE=VERSION")
    items: list[Item] = []
    for name, version in request.services.items():
        service = find_service(estate, name)
        find_environment(estate, environment, service)
        if request.only_differing and estate.desired(InstanceId(name, environment)) == version:
            continue
        check_release(estate, service, version)
        items.append(Item(name, version, service.configuration))
    if not items:
        return (), f"{environment} is as wanted already; nothing was queued"
    return _accept(estate, request, environment, items, Kind.DEPLOY, request.on_failure)


def check_release(estate: Estate, service: Service, version: str) -> None:
    """Refuse a version that cannot be deployed as things are."""
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


def _accept(
    estate: Estate,
    request: Deploy | Rollback,
    environment: str,
    items: list[Item],
    kind: Kind,
    on_failure: OnFailure = OnFailure.HOLD,
) -> Judgement:
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


def rollback(estate: Estate, request: Rollback) -> Judgement:
    if request.subject in estate.state.changes:
        return _rollback_change(estate, request, estate.state.changes[request.subject])
    instance = find_instance(estate, request.subject)
    good = _good(estate, instance, request.to)
    item = Item(instance.service, good.version, good.configuration)
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


def _rollback_change(estate: Estate, request: Rollback, change: Change) -> Judgement:
    if request.to:
        raise UsageError("--to goes with a service, not with a change: a change goes back to what it left")
    items = [
        Item(item.service, item.origin, item.origin_configuration or item.configuration)
        for item in change.items
        if item.origin is not None and item.status in (Status.SUCCEEDED, Status.RUNNING, Status.PAUSED)
    ]
    if not items:
        raise RequestRefused(f"change {change.id} is {change.status.value}: it has nothing to go back from")
    return _accept(estate, request, change.environment, items, Kind.ROLLBACK)
