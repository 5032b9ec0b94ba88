"""The gate of environment order: the same release was the target and healthy on every placement
of the environment before this one, for the soak time without a break."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.model.change import Kind, Status
from engine.model.names import InstanceId
from engine.model.soak import Soak
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.gates.case import Case

OPEN = frozenset({Status.WAITING, Status.RUNNING, Status.PAUSED})


def soak(case: Case) -> Iterator[Wait]:
    """Not proven yet in the environment before. Services without a placement there are exempt,
    and so is a way back."""
    estate, name, goal = case.estate, case.item.service, case.item.goal
    before = _before(estate, case.instance)
    if before is None or case.change.kind is Kind.ROLLBACK:
        return
    needed_s = required_s(estate, case.instance)
    artifact = estate.snapshot.catalog.find(name, goal)
    wanted = artifact.sha256 if artifact else case.item.sha256
    record = next((each for each in estate.state.soaks.get(before, ()) if each.version == goal), None)
    message, until_s = _judge(case, before, record, wanted, needed_s)
    if not message:
        return
    coming = next(
        (change for change, item in estate.items.get(before, ()) if item.goal == goal and item.status in OPEN), None
    )
    is_there = estate.known(before).target == goal
    unblock = "" if coming or is_there else f"interlock deploy {name}={goal} -e {before.environment}"
    yield Wait(
        Reason.SOAK_REQUIRED,
        str(case.instance),
        message,
        case.change.id,
        f"environments.{case.change.environment}",
        unblock,
        coming.id if coming else "",
        None if until_s is None else estate.snapshot.now + timedelta(seconds=until_s),
    )


def soaked(estate: Estate, instance: InstanceId, version: str, sha256: str) -> bool:
    """Whether nothing of the environment before keeps this release from the instance."""
    before = _before(estate, instance)
    if before is None:
        return True
    return any(
        record.version == version
        and record.sha256 == sha256
        and record.best_s(estate.snapshot.elapsed_s) >= required_s(estate, instance)
        for record in estate.state.soaks.get(before, ())
    )


def required_s(estate: Estate, instance: InstanceId) -> float:
    """The soak time asked for before a release may come to an instance: the service's own, else
    the environment's."""
    service = estate.service(instance.service)
    if service is not None and service.soak_s is not None:
        return service.soak_s
    return estate.inventory.environments[instance.environment].soak_s


def _before(estate: Estate, instance: InstanceId) -> InstanceId | None:
    """The instance that has to soak first; None if this environment comes after none, or the
    service has no placement there."""
    environment = estate.inventory.environments.get(instance.environment)
    if environment is None or not environment.after:
        return None
    before = InstanceId(instance.service, environment.after)
    return before if estate.placements(before) else None


def _judge(
    case: Case, before: InstanceId, record: Soak | None, wanted: str, needed_s: float
) -> tuple[str, float | None]:
    """What is missing ("" if nothing is), and in how many seconds it will not be, if known."""
    estate, name, goal = case.estate, case.item.service, case.item.goal
    what = f"{name} {goal}"
    if record is None:
        return (
            f"{what} has to be healthy in {before.environment} for {needed_s:g} s first; it never was the target",
            None,
        )
    if record.sha256 != wanted:
        return f"what soaked in {before.environment} as {what} is not the artifact that would be deployed", None
    best_s = record.best_s(estate.snapshot.elapsed_s)
    if best_s >= needed_s:
        return "", None
    message = f"{what} has to be healthy in {before.environment} for {needed_s:g} s; so far {best_s:.0f} s"
    if record.since_s is None:
        return f"{message}, and it does not count now", None
    return message, needed_s - record.stretch_s(estate.snapshot.elapsed_s)
