"""Requests to restart an instance as it is, and to remove one, or what is left of one."""

from __future__ import annotations

from engine.errors import RequestRefused, UsageError
from engine.model.change import Change, Item, Kind
from engine.model.event import ChangeAccepted
from engine.model.maintenance import Remove, Restart
from engine.model.names import InstanceId, PlacementId
from engine.model.service import Configuration
from engine.plan.deployed import configuration_at
from engine.plan.estate import Estate
from engine.plan.gates.upkeep import needed_by
from engine.plan.pending import orphans
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_instance


def restart(estate: Estate, request: Restart) -> Judgement:
    """One change that restarts what the instance is held at, a batch after the other."""
    instance = find_instance(estate, request.subject)
    known = estate.known(instance)
    if known.target is None or known.configuration is None:
        raise RequestRefused(
            f"{instance} is held at no version (several run, or none): deploy the one it should run. Nothing was queued"
        )
    if queued := _unfinished(estate, instance, Kind.RESTART):
        raise RequestRefused(f"change {queued.id} is to restart {instance} already; nothing was queued")
    item = Item(instance.service, known.target, known.configuration)
    change = _change(estate, request, instance, item, Kind.RESTART)
    what = f"restart {instance.service} {known.target} in {instance.environment}"
    return (ChangeAccepted(change),), f"change {change.id}: {what}"


def remove(estate: Estate, request: Remove) -> Judgement:
    """One change that stops and withdraws the orphans of an instance, if it has any, else all of it."""
    instance = _named(estate, request.subject)
    left = tuple(p.host for p in orphans(estate).get(instance, ()))
    if left:
        return _remove_orphans(estate, request, instance, left)
    if request.only_orphans:
        raise RequestRefused(f"{instance} has no orphans; nothing was queued")
    if queued := _unfinished(estate, instance, Kind.REMOVE):
        raise RequestRefused(f"change {queued.id} is to remove {instance} already; nothing was queued")
    if not estate.may_run(instance) and estate.desired(instance) is None:
        raise RequestRefused(f"nothing of {instance} runs, and nothing is wanted; nothing was queued")
    if needing := list(needed_by(estate, instance)):
        raise RequestRefused(f"{'; '.join(needing)}. Remove or move what needs it first; nothing was queued")
    item = Item(instance.service, "", _configuration(estate, instance))
    change = _change(estate, request, instance, item, Kind.REMOVE)
    hosts = ", ".join(placement.host for placement in estate.placements(instance))
    said = (
        f"change {change.id}: {instance} is stopped and withdrawn from {hosts}; its releases stay on the hosts' disks"
    )
    return (ChangeAccepted(change),), said


def _remove_orphans(estate: Estate, request: Remove, instance: InstanceId, left: tuple[str, ...]) -> Judgement:
    within = tuple(host for host in left if host in estate.inventory.hosts)
    lost = [host for host in left if host not in within]
    far = f"{', '.join(lost)} left the inventory and cannot be reached" if lost else ""
    if not within:
        raise RequestRefused(f"{far}: put it back and reload, or interlock retire {lost[0]}. Nothing was queued")
    if queued := _unfinished(estate, instance, Kind.REMOVE):
        raise RequestRefused(f"change {queued.id} is to remove what is left of {instance} already; nothing was queued")
    if not estate.placements(instance) and (needing := list(needed_by(estate, instance))):
        raise RequestRefused(f"{'; '.join(needing)}. Remove or move what needs it first; nothing was queued")
    there = configuration_at(estate.state, PlacementId(*instance, within[0]))
    item = Item(instance.service, "", there or _configuration(estate, instance), hosts=within)
    change = _change(estate, request, instance, item, Kind.REMOVE)
    kept = "; the rest of it stays" if estate.placements(instance) else ""
    said = f"change {change.id}: what is left of {instance} on {', '.join(within)} is stopped and withdrawn{kept}"
    return (ChangeAccepted(change),), f"{said}; {far}" if far else said


def _named(estate: Estate, subject: str) -> InstanceId:
    """SERVICE@ENV, of the inventory or of what was seen. The environment is never guessed here."""
    name, at, environment = subject.partition("@")
    instance = InstanceId(name, environment)
    if instance in orphans(estate):
        return instance
    if not at:
        raise UsageError(f"say where it is to be removed from: {name}@ENVIRONMENT")
    return find_instance(estate, subject)


def _configuration(estate: Estate, instance: InstanceId) -> Configuration:
    """How what runs was deployed, as far as that is known: where it is, and what runs it."""
    declared = estate.service(instance.service)
    found = estate.known(instance).configuration or (declared.configuration if declared else None)
    if found is None:
        raise RequestRefused(
            f"how {instance} was deployed is not known here, so nothing can be told to stop it: "
            "put it back into the inventory, or stop it by hand. Nothing was queued"
        )
    return found


def _unfinished(estate: Estate, instance: InstanceId, kind: Kind) -> Change | None:
    """A change of that kind for the instance that is not done yet."""
    return next(
        (
            change
            for change in estate.state.unfinished()
            if change.kind is kind and any(change.instance(item) == instance for item in change.items)
        ),
        None,
    )


def _change(estate: Estate, request: Restart | Remove, instance: InstanceId, item: Item, kind: Kind) -> Change:
    return Change(
        number=estate.state.next_change,
        environment=instance.environment,
        items=(item,),
        requested_by=request.actor,
        created=estate.snapshot.now,
        reason=request.reason,
        kind=kind,
    )
