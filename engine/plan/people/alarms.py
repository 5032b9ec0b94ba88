"""What alarms mean for an instance: which hold it, and which tell that its rollout went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.alarm import AlarmPolicy, AlarmState, Verdict
from engine.model.change import Change, Item
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.service import Service
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate


def alarms_over(estate: Estate, instance: InstanceId) -> Iterator[tuple[AlarmPolicy, AlarmState | None]]:
    """The alarms that apply to an instance, by name, with what each last said."""
    service: Service | None = estate.service(instance.service)
    for name, policy in sorted(estate.inventory.alarms.items()):
        if service is not None and policy.scope.covers(service, instance.environment):
            yield policy, estate.state.alarms.get(name)


def alarm_waits(estate: Estate, change: Change, item: Item) -> Iterator[Wait]:
    """A wait for each alarm that fires or cannot be read. What is itself ill is held by none:
    the change may be what mends it."""
    instance = change.instance(item)
    if not estate.inventory.alarms or item.outage or _is_ill(estate, instance):
        return  # what is stopped on purpose sets alarms off, and is not to stay down for that
    for policy, said in alarms_over(estate, instance):
        owner = f"policies.alarms.{policy.name}"
        if said is None or said.verdict is Verdict.UNKNOWN:
            why = said.detail if said else "it has not answered since the engine started"
            message = f"the alarm {policy.name} cannot be read: {why}"
            unblock = f"mend {_asked(policy)}, or interlock override {change.id} alarm --reason TEXT"
            yield Wait(Reason.ALARM_UNKNOWN, str(instance), message, change.id, owner, unblock)
        elif said.verdict is Verdict.FIRING:
            message = f"the alarm {policy.name} fires: {said.detail}"
            unblock = f"mend what it warns of, or interlock override {change.id} alarm --reason TEXT"
            yield Wait(Reason.ALARM_FIRING, str(instance), message, change.id, owner, unblock)


def fired_during(estate: Estate, change: Change, item: Item) -> str:
    """The alarm that began to fire while the rollout ran, as a sentence; "" if none did."""
    if item.started is None or item.outage:
        return ""
    for policy, said in alarms_over(estate, change.instance(item)):
        if said is not None and said.verdict is Verdict.FIRING and said.since > item.started:
            return f"the alarm {policy.name} began to fire during the rollout: {said.detail}"
    return ""


def _is_ill(estate: Estate, instance: InstanceId) -> bool:
    """Whether something of it fails that no step is at work on."""
    sightings = (estate.state.sightings.get(p) for p in estate.placements(instance) if not estate.is_moving(p))
    return any(seen is not None and seen.version is not None and seen.health is Health.FAILING for seen in sightings)


def _asked(policy: AlarmPolicy) -> str:
    return policy.prometheus or policy.http or policy.command[0]
