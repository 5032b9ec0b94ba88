"""Requests that queue a change: deploy (apply too), and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.errors import RequestRefused, UsageError
from engine.model.change import Change, Item, Kind, OnFailure, Status
from engine.model.decision import VersionMarkedBad
from engine.model.event import ChangeAccepted
from engine.model.names import InstanceId
from engine.model.pattern import MAX_VALUE
from engine.model.request import Deploy, Rollback
from engine.model.service import Service
from engine.model.state import Good
from engine.model.text import near
from engine.model.version import problem_with, sort_key
from engine.plan.estate import Estate
from engine.plan.people.bad import bad_mark, is_bad, near_good, sentence
from engine.plan.requests.differing import all_desired, described, differs, runs_as_asked
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_environment, find_instance, find_service
from engine.plan.requests.outages import check_outage

MAX_EVIDENCE = 20


def deploy(estate: Estate, request: Deploy) -> Judgement:
    """One change of the services that are named."""
    environment = find_environment(estate, request.environment)
    services = request.services or (all_desired(estate, environment) if request.reconfigure else {})
    if not services and not request.reconfigure:
        raise UsageError("nothing to deploy: name at least one SERVICE=VERSION")
    _check_evidence(request)
    items: list[Item] = []
    same: list[Item] = []
    for name, version in services.items():
        service = find_service(estate, name)
        find_environment(estate, environment, service)
        if request.only_differing and not differs(estate, request, InstanceId(name, environment), version):
            continue
        sha256 = check_release(estate, service, version, when_available=request.when_available)
        check_good(estate, InstanceId(name, environment), version)
        item = Item(name, version, service.configuration, sha256)
        (same if runs_as_asked(estate, InstanceId(name, environment), item) else items).append(item)
    if same and not items:
        names = ", ".join(f"{item.service} {item.goal}" for item in same)
        return (), f"{names} runs in {environment} as asked already, healthy on every placement; nothing was queued"
    if not items:
        return (), f"{environment} is as wanted already; nothing was queued"
    events, said = _accept(estate, request, environment, items, Kind.DEPLOY, request.on_failure)
    names = ", ".join(f"{item.service} {item.goal}" for item in same)
    return events, f"{said}; {names} runs there already" if same else said


def _check_evidence(request: Deploy) -> None:
    """What cannot be evidence at all; whether it is what policies ask for is a gate's business."""
    if len(request.evidence) > MAX_EVIDENCE:
        raise UsageError(f"{len(request.evidence)} pieces of evidence were given; at most {MAX_EVIDENCE} are taken")
    for key, value in request.evidence.items():
        if not key or not value or len(key) > MAX_VALUE or len(value) > MAX_VALUE:
            raise UsageError(f"evidence is KEY=VALUE, each of 1 to {MAX_VALUE} characters; found {key[:40]!r}")


def check_good(estate: Estate, instance: InstanceId, version: str) -> None:
    """Refuse a version that is bad here, or in an environment before."""
    found = bad_mark(estate, instance, version)
    if found is not None:
        where, bad = found
        names = ", ".join(near_good(estate, instance, version)) or "none"
        raise RequestRefused(
            f"{sentence(where, bad)}. Good versions near it: {names}. To deploy it all the same: interlock clear-bad "
            f"{instance.service}={version} -e {where.environment} --reason TEXT. Nothing was queued"
        )


def check_release(estate: Estate, service: Service, version: str, *, when_available: bool = False) -> str:
    """The sum of a release's artifact; refused if it cannot be deployed as things are. With
    ``when_available`` the artifact may still be to come (then its sum is "")."""
    problem = problem_with(service.scheme, version)
    if problem:
        raise UsageError(f"{version!r} {problem}")
    artifact = estate.snapshot.catalog.find(service.name, version)
    if artifact and artifact.fault:
        raise RequestRefused(f"{artifact.fault}. Nothing unverified is deployed, and nothing was queued")
    if when_available:
        return artifact.sha256 if artifact else ""
    if artifact is None:
        known = estate.snapshot.catalog.versions(service.name)
        newest_first = sorted(known, key=lambda v: sort_key(service.scheme, v), reverse=True)
        names = ", ".join(dict.fromkeys([*near(version, newest_first, 2), *newest_first[:3]])) or "none"
        raise RequestRefused(
            f"no artifact of {service.name} {version} is known; known versions: {names}. "
            "(--when-available waits for it.) Nothing was queued"
        )
    if not artifact.sha256:
        raise RequestRefused(
            f"{artifact.place} has no sha256 sum, and nothing unverified is deployed: add it to the sums file. "
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
        allow_lockstep=request.allow_lockstep,
    )
    if isinstance(request, Deploy):
        change = replace(
            change,
            evidence=dict(request.evidence),
            not_before=request.not_before,
            when_available=request.when_available,
        )
    check_outage(estate, change)
    what = ", ".join(described(estate, change.instance(item), item) for item in change.items)
    return (ChangeAccepted(change),), f"change {change.id}: {what} in {environment}"


def rollback(estate: Estate, request: Rollback) -> Judgement:
    """One change back to what was good before."""
    if request.subject in estate.state.changes:
        return _rollback_change(estate, request, estate.state.changes[request.subject])
    instance = find_instance(estate, request.subject)
    good = _good(estate, instance, request.to)
    item = Item(instance.service, good.version, good.configuration, good.sha256)
    left = estate.known(instance).target
    granted = _accept(estate, request, instance.environment, [item], Kind.ROLLBACK)
    return _marking(request, granted, {instance: left} if left else {})


def _marking(request: Rollback, granted: Judgement, left: Mapping[InstanceId, str]) -> Judgement:
    """With ``mark_bad``, the versions that are left are bad from now on."""
    events, said = granted
    if not request.mark_bad or not left:
        return granted
    why = request.reason or "rolled back"
    marks = tuple(VersionMarkedBad(where, version, why, request.actor) for where, version in sorted(left.items()))
    shown = ", ".join(f"{mark.instance.service} {mark.version}" for mark in marks)
    return (*marks, *events), f"{said}; {shown} marked bad"


def _good(estate: Estate, instance: InstanceId, to: str) -> Good:
    """The version a rollback goes to: the one named, or the newest good one but the target."""
    known = estate.known(instance)
    choices = [g for g in known.good if g.version != known.target and not is_bad(estate, instance, g.version)]
    found = next((good for good in reversed(choices) if to in ("", good.version)), None)
    if found is None:
        names = ", ".join(good.version for good in reversed(choices)) or "none"
        mark = bad_mark(estate, instance, to) if to else None
        wanted = f"{to} was never healthy in {instance}" if to else f"{instance} has no earlier good version"
        wanted = sentence(*mark) if mark else wanted
        raise RequestRefused(f"{wanted}; good ones: {names}. To go anywhere else, deploy it. Nothing was queued")
    if to:
        _check_same(estate, instance, found)
    return found


def _check_same(estate: Estate, instance: InstanceId, good: Good) -> None:
    """Refuse a version by name whose file is another one today than the one that was good here."""
    file = estate.snapshot.catalog.find(instance.service, good.version)
    if file is not None and file.sha256 and good.sha256 and file.sha256 != good.sha256:
        raise RequestRefused(
            f"ArtifactUnverified: {file.path} is not what was good in {instance}: its sha256 was "
            f"{good.sha256[:12]} then and is {file.sha256[:12]} now. Put the file back, or deploy what it is now: "
            f"interlock deploy {instance.service}={good.version} -e {instance.environment}. Nothing was queued"
        )


def _rollback_change(estate: Estate, request: Rollback, change: Change) -> Judgement:
    if request.to:
        raise UsageError("--to goes with a service, not with a change: a change goes back to what it left")
    items = [
        Item(item.service, item.origin, item.origin_configuration or item.configuration, item.origin_sha256)
        for item in change.items
        if item.origin is not None and item.status in (Status.SUCCEEDED, Status.RUNNING, Status.PAUSED)
    ]
    if not items:
        raise RequestRefused(
            f"change {change.id} is {change.status.value}: it has nothing to go back from. Nothing was queued"
        )
    for item in items:
        check_good(estate, InstanceId(item.service, change.environment), item.goal)
    left = {InstanceId(item.service, change.environment): change.item(item.service).goal for item in items}
    return _marking(request, _accept(estate, request, change.environment, items, Kind.ROLLBACK), left)
