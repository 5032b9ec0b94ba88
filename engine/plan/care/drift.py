"""Drift: what about a placement differs from what was last brought there, with no rollout at work.

Sick is not drifted: a service that runs what it should and fails its check is degraded, which no
restart mends for long. A placement whose rollout failed is nobody's drift either: it waits for a
person's decision about that change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.model.change import UNFINISHED_ROLLOUT, Change, Item, Status
from engine.model.healing import Difference
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Sighting, Unit
from engine.model.state import State
from engine.plan.deployed import configuration_at


def at_rest(items: Iterable[Item]) -> bool:
    """Whether no rollout of an instance is at work or has failed; ``items`` are all its items,
    oldest first. What differs then is drift."""
    last = None
    for item in items:
        if item.status in UNFINISHED_ROLLOUT:
            return False
        if item.started is not None and item.status is not Status.SUPERSEDED:
            last = item
    return last is None or last.status is not Status.FAILED


def items_of(changes: Iterable[Change], instance: InstanceId) -> Iterator[Item]:
    """The items of one instance, oldest first."""
    for change in changes:
        if change.environment == instance.environment:
            yield from (item for item in change.items if item.service == instance.service)


def differences(state: State, placement: PlacementId) -> tuple[str, ...]:
    """What differs at a placement from its target and its last deployed configuration, as last
    seen; nothing for a placement to which nothing was brought yet."""
    sighting, known = state.sightings.get(placement), state.instances.get(placement.instance)
    if sighting is None or known is None or known.target is None:
        return ()
    if placement.host in known.away or (placement not in state.deployed and placement.host not in known.hosts):
        return ()
    if _is_missing(sighting):
        return (Difference.MISSING.value,)
    return tuple(_differences(state, placement, sighting, known.target))


def _is_missing(sighting: Sighting) -> bool:
    """Nothing of it is there: its unit, or its release."""
    gone = sighting.version is None and sighting.release is None
    return gone and sighting.unit in (Unit.ABSENT, Unit.STOPPED, Unit.FAILED)


def _differences(state: State, placement: PlacementId, sighting: Sighting, target: str) -> Iterator[str]:
    seen = {version for version in (sighting.version, sighting.release) if version is not None}
    if seen - {target}:
        yield Difference.VERSION.value
    if sighting.unit in (Unit.STOPPED, Unit.ABSENT):
        yield Difference.STOPPED.value
    elif sighting.unit is Unit.FAILED:
        yield Difference.FAILED.value
    deployed, configuration = state.deployed.get(placement), configuration_at(state, placement)
    if sighting.edited:
        yield Difference.UNIT.value
    if sighting.unit is not Unit.UNKNOWN and has_other_content(state, placement, target):
        yield f"{Difference.CONTENT.value}: {sighting.altered}" if sighting.altered else Difference.CONTENT.value
    # What was adopted tells no configuration until Interlock has deployed something there.
    told = sighting.configuration or ("" if deployed and deployed.sha256 else None)
    if configuration is not None and told is not None and told != configuration.digest:
        yield Difference.CONFIGURATION.value


def has_other_content(state: State, placement: PlacementId, version: str | None) -> bool:
    """Whether the release of that version, which is current there, is not what was deployed under its name:
    another artifact, or files that were edited since it was unpacked."""
    sighting, deployed = state.sightings.get(placement), state.deployed.get(placement)
    if sighting is None or deployed is None or not deployed.sha256 or sighting.release != version:
        return False
    return deployed.version == version and (sighting.sha256 != deployed.sha256 or bool(sighting.altered))
