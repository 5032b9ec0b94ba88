"""What the inventory says of an instance and no change has brought yet: another configuration,
or placements that are new; and placements that it no longer has, though something runs there.
Reloading an inventory moves nothing: this is how the difference is shown until someone asks.
"""

from __future__ import annotations

from engine.model.change import Item, Status
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Unit
from engine.model.service import Configuration
from engine.plan.care.upkeep import is_retired
from engine.plan.estate import ABANDONED, Estate

CONFIGURATION, PLACEMENTS = "configuration", "placements"


def pending(estate: Estate, instance: InstanceId) -> str:
    """``configuration``, ``placements``, or "" where the newest change asks for all there is."""
    declared, desired = estate.service(instance.service), desired_configuration(estate, instance)
    if declared is None or desired is None:
        return ""
    if declared.configuration != desired:
        return CONFIGURATION
    return PLACEMENTS if newcomers(estate, instance) and not _is_queued(estate, instance) else ""


def desired_configuration(estate: Estate, instance: InstanceId) -> Configuration | None:
    """The configuration that goes with ``Estate.desired``; None if there is none."""
    for _change, item in reversed(estate.items.get(instance, ())):
        if item.status in ABANDONED:
            continue
        if item.status in (Status.REVERTING, Status.REVERTED):
            return item.origin_configuration
        return item.configuration if item.goal else None
    return estate.known(instance).configuration


def reconfigures(estate: Estate, instance: InstanceId, item: Item) -> bool:
    """Whether an item brings another configuration than the one it leaves, or would leave now."""
    former = item.origin_configuration if item.started else estate.known(instance).configuration
    return former is not None and former != item.configuration


def newcomers(estate: Estate, instance: InstanceId) -> tuple[PlacementId, ...]:
    """Placements with nothing on them that the instance did not have when it last converged."""
    known = estate.known(instance)
    return tuple(
        placement
        for placement in (estate.placements(instance) if known.target is not None else ())
        if placement.host not in known.hosts
        and (sighting := estate.state.sightings.get(placement)) is not None
        and sighting.version is None
        and sighting.unit is Unit.ABSENT
    )


def orphans(estate: Estate) -> dict[InstanceId, tuple[PlacementId, ...]]:
    """Placements where something was last seen and which the inventory no longer has, by instance."""
    found: dict[InstanceId, tuple[PlacementId, ...]] = {}
    declared_now = {placement for instance in estate.instances for placement in estate.placements(instance)}
    sightings = estate.state.sightings
    for placement in sorted(sightings.keys() - declared_now):
        sighting = sightings[placement]
        declared = estate.service(placement.service)
        hosts = declared.hosts.get(placement.environment, ()) if declared else ()
        if sighting.version is not None and placement.host not in hosts and not is_retired(estate, placement.host):
            found[placement.instance] = (*found.get(placement.instance, ()), placement)
    return found


def _is_queued(estate: Estate, instance: InstanceId) -> bool:
    """Whether a change of it is under way or waits: its rollout takes the new placements along."""
    unfinished = (Status.WAITING, Status.RUNNING, Status.PAUSED)
    return any(item.status in unfinished and not change.finished for change, item in estate.items.get(instance, ()))
