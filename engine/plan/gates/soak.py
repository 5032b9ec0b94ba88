"""The gate of environment order: the same release was the target and healthy on every placement
of the environment before this one, for the soak time without a break."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.model.change import Kind, Status
from engine.model.names import InstanceId
from engine.model.soak import Soak
from engine.model.wait import Reason, Wait
from engine.plan.gates.case import Case
from engine.plan.soaking import ROUNDING_S, before, required_s

OPEN = frozenset({Status.WAITING, Status.RUNNING, Status.PAUSED})


def soak(case: Case) -> Iterator[Wait]:
    """Not proven yet in the environment before. Services without a placement there are exempt,
    and so is a way back."""
    estate, name, goal = case.estate, case.item.service, case.item.goal
    first = before(estate, case.instance)
    if first is None or case.change.kind is Kind.ROLLBACK:
        return
    needed_s = required_s(estate, case.instance)
    artifact = estate.snapshot.catalog.find(name, goal)
    wanted = artifact.sha256 if artifact else case.item.sha256
    record = next((each for each in estate.state.soaks.get(first, ()) if each.version == goal), None)
    message, until_s = _judge(case, first, record, wanted, needed_s)
    if not message:
        return
    coming = next(
        (change for change, item in estate.items.get(first, ()) if item.goal == goal and item.status in OPEN), None
    )
    is_there = estate.known(first).target == goal
    unblock = "" if coming or is_there else f"interlock deploy {name}={goal} -e {first.environment}"
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


def _judge(
    case: Case, first: InstanceId, record: Soak | None, wanted: str, needed_s: float
) -> tuple[str, float | None]:
    """What is missing ("" if nothing is), and in how many seconds it will not be, if known."""
    estate, name, goal = case.estate, case.item.service, case.item.goal
    what = f"{name} {goal}"
    if record is None:
        return (
            f"{what} has to be healthy in {first.environment} for {needed_s:g} s first; it never was the target",
            None,
        )
    if record.sha256 != wanted:
        return f"what soaked in {first.environment} as {what} is not the artifact that would be deployed", None
    best_s = record.best_s(estate.snapshot.elapsed_s)
    if best_s >= needed_s - ROUNDING_S:
        return "", None
    message = f"{what} has to be healthy in {first.environment} for {needed_s:g} s; so far {best_s:.0f} s"
    if record.since_s is None:
        return f"{message}, and it does not count now", None
    return message, needed_s - record.stretch_s(estate.snapshot.elapsed_s)
