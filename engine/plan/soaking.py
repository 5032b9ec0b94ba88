"""Keeps count of soaking: in every environment that another comes after, how long the target was
healthy on every placement without a break. Decided here, folded into the state, and read by the
gate (``gates.soak``); time in which a placement cannot be observed does not count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum

from engine.model.change import Change, Item, Kind, Status
from engine.model.event import SoakBegan, SoakBroken, SoakPaused, SoakRevoked
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.snapshot import Action, Decide
from engine.model.soak import Soak
from engine.model.version import is_downgrade
from engine.model.wait import Wait
from engine.plan.answering import once
from engine.plan.care.upkeep import is_away
from engine.plan.estate import Estate

SoakEvent = SoakBegan | SoakPaused | SoakBroken | SoakRevoked

ROUNDING_S = 1e-6  # a moment worked out from seconds is exact to a microsecond
GOING_BACK = frozenset({Status.REVERTING, Status.REVERTED})


class _Sight(Enum):
    STEADY = "steady"
    UNSEEN = "unseen"
    BROKEN = "broken"


def soaks(estate: Estate) -> tuple[list[Action], list[Wait]]:
    """What begins, pauses, breaks or is revoked now."""
    return [Decide(event) for event in soak_events(estate, estate.instances)], []


def soak_events(estate: Estate, instances: Collection[InstanceId]) -> Iterator[SoakEvent]:
    """The same, of these instances only."""
    upstream = {environment.after for environment in estate.inventory.environments.values() if environment.after}
    for instance in instances if upstream else ():
        if instance.environment in upstream:
            yield from _events_of(estate, instance)


def after(estate: Estate, instance: InstanceId) -> Iterator[InstanceId]:
    """The instances that wait for this one to soak."""
    for environment in estate.inventory.environments.values():
        if environment.after == instance.environment:
            yield instance._replace(environment=environment.name)


def digest(estate: Estate, instance: InstanceId, version: str) -> str:
    """The sha256 of what runs as ``version``: as it was deployed or first seen, not as the file
    is today."""
    for _change, item in reversed(estate.items.get(instance, ())):
        if item.goal == version and item.started and item.sha256:
            return item.sha256
    for soak in estate.state.soaks.get(instance, ()):
        if soak.version == version:
            return soak.sha256
    artifact = estate.snapshot.catalog.find(instance.service, version)
    return artifact.sha256 if artifact else ""


def soaked(estate: Estate, instance: InstanceId, version: str, sha256: str) -> bool:
    """Whether nothing of the environment before keeps this release from the instance."""
    first = before(estate, instance)
    if first is None:
        return True
    return any(
        record.version == version
        and record.sha256 == sha256
        and record.best_s(estate.snapshot.elapsed_s) >= required_s(estate, instance)
        for record in estate.state.soaks.get(first, ())
    )


def required_s(estate: Estate, instance: InstanceId) -> float:
    """The soak time asked for before a release may come to an instance: the service's own, else
    the environment's."""
    service = estate.service(instance.service)
    if service is not None and service.soak_s is not None:
        return service.soak_s
    return estate.inventory.environments[instance.environment].soak_s


def before(estate: Estate, instance: InstanceId) -> InstanceId | None:
    """The instance that has to soak first; None if this environment comes after none, or the
    service has no placement there."""
    environment = estate.inventory.environments.get(instance.environment)
    if environment is None or not environment.after:
        return None
    first = InstanceId(instance.service, environment.after)
    return first if estate.placements(first) else None


@once
def _events_of(estate: Estate, instance: InstanceId) -> tuple[SoakEvent, ...]:
    return tuple(_events(estate, instance))


def _events(estate: Estate, instance: InstanceId) -> Iterator[SoakEvent]:
    target = estate.known(instance).target
    if target is None:
        return
    last = _last_started(estate, instance)
    for record in estate.state.soaks.get(instance, ()):
        if _is_revoked(estate, instance, record, target, last):
            yield SoakRevoked(instance, record.version)
        elif record.version != target and record.is_open:
            yield SoakBroken(instance, record.version)
    if last is None or last[1].goal != target or last[1].status not in GOING_BACK:
        yield from _of_target(estate, instance, target)


def _of_target(estate: Estate, instance: InstanceId, target: str) -> Iterator[SoakEvent]:
    """What the sight of the target means for its record."""
    mine = next((record for record in estate.state.soaks.get(instance, ()) if record.version == target), None)
    sight, sha256 = _sight(estate, instance, target), digest(estate, instance, target)
    if sight is _Sight.STEADY:
        if mine is None or mine.since_s is None or mine.sha256 != sha256:
            yield SoakBegan(instance, target, sha256)
    elif mine is not None and sight is _Sight.BROKEN and mine.is_open:
        yield SoakBroken(instance, target)
    elif mine is not None and sight is _Sight.UNSEEN and mine.since_s is not None:
        yield SoakPaused(instance, target)


def _sight(estate: Estate, instance: InstanceId, target: str) -> _Sight:
    """How the target stands on all placements at once; the worst one decides."""
    if estate.rolling(instance):
        return _Sight.BROKEN
    worst = _Sight.STEADY
    for placement in estate.placements(instance):
        sighting = estate.state.sightings.get(placement)
        if sighting is None or not estate.reachable(placement.host) or is_away(estate, placement):
            worst = _Sight.UNSEEN
        elif sighting.version != target or sighting.health is not Health.PASSING or estate.is_moving(placement):
            return _Sight.BROKEN
    return worst


def _last_started(estate: Estate, instance: InstanceId) -> tuple[Change, Item] | None:
    return next((entry for entry in reversed(estate.items.get(instance, ())) if entry[1].started), None)


def _is_revoked(
    estate: Estate, instance: InstanceId, record: Soak, target: str, last: tuple[Change, Item] | None
) -> bool:
    """Whether the instance went back off this version: to an older one, or by a way back."""
    if is_downgrade(estate.scheme(instance.service), record.version, target):
        return True
    if last is None:
        return False
    change, item = last
    if item.goal == record.version:
        return item.status in GOING_BACK
    return change.kind is Kind.ROLLBACK and item.origin == record.version
