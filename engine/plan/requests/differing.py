"""What ``apply`` leaves out: services that are desired as asked already."""

from __future__ import annotations

from engine.model.change import Item
from engine.model.names import InstanceId
from engine.model.request import Deploy
from engine.plan.estate import Estate
from engine.plan.pending import pending, reconfigures


def differs(estate: Estate, request: Deploy, instance: InstanceId, version: str) -> bool:
    """Whether the version, or with ``reconfigure`` anything else, is not desired yet."""
    return estate.desired(instance) != version or (request.reconfigure and bool(pending(estate, instance)))


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
