"""What a request leaves out: services that are desired, or run, as asked already."""

from __future__ import annotations

from engine.model.change import Change, Item, Status
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.request import Deploy
from engine.plan.care.drift import at_rest, differences
from engine.plan.estate import Estate
from engine.plan.pending import pending, reconfigures


def differs(estate: Estate, request: Deploy, instance: InstanceId, version: str) -> bool:
    """Whether the version, or with ``reconfigure`` anything else, is not desired yet."""
    return estate.desired(instance) != version or (request.reconfigure and bool(pending(estate, instance)))


def runs_as_asked(estate: Estate, instance: InstanceId, item: Item) -> bool:
    """Whether a deployment would change nothing: the version, the configuration and the artifact are
    what is wanted already, on every placement, healthy, and nothing is under way."""
    known, mine = estate.known(instance), [each for _, each in estate.items.get(instance, ())]
    if (known.target, estate.desired(instance)) != (item.goal, item.goal) or not at_rest(mine):
        return False
    if pending(estate, instance) or known.configuration != item.configuration:
        return False
    if any(each.status in (Status.WAITING, Status.REVERTING) for change, each in _open(estate, instance)):
        return False
    return bool(estate.placements(instance)) and all(
        (sighting := estate.state.sightings.get(placement)) is not None
        and (sighting.version, sighting.health) == (item.goal, Health.PASSING)
        and (not item.sha256 or sighting.sha256 in ("", item.sha256))
        and not differences(estate.state, placement)
        for placement in estate.placements(instance)
    )


def _open(estate: Estate, instance: InstanceId) -> list[tuple[Change, Item]]:
    return [(change, item) for change, item in estate.items.get(instance, ()) if not change.finished]


def all_desired(estate: Estate, environment: str) -> dict[str, str]:
    """The desired version of every instance in an environment that has one."""
    return {
        instance.service: version
        for instance in estate.inventory.instances()
        if instance.environment == environment and (version := estate.desired(instance)) is not None
    }


def described(estate: Estate, instance: InstanceId, item: Item) -> str:
    """``web 2.0``, or ``web 2.0 (new configuration)`` where that is what moves."""
    same = estate.known(instance).target == item.goal
    return (
        f"{item.service} {item.goal}{' (new configuration)' if same and reconfigures(estate, instance, item) else ''}"
    )
