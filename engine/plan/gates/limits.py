"""The gate of concurrency: how many rollouts may run at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.model.change import Change, Kind
from engine.model.service import Service
from engine.model.wait import Reason, Wait
from engine.plan.gates.case import Case


def concurrency(case: Case) -> Iterator[Wait]:
    """No more rollouts at once than the limits allow: overall, per team, environment, label."""
    if case.change.kind is Kind.ROLLBACK:
        return
    limits, me = case.estate.inventory.limits, case.estate.service(case.item.service)
    if me is None:
        return
    environment = case.change.environment

    def full(limit: int | None, alike: Callable[[Change, Service | None], bool], what: str) -> Iterator[Wait]:
        if limit is None:
            return
        count = sum(alike(change, case.estate.service(item.service)) for change, item in case.rolling)
        if count >= limit:
            message = f"{count} of at most {limit} rollouts {what} run already"
            yield case.wait(Reason.CONCURRENCY_LIMIT, message, owner="policies.limits")

    yield from full(limits.rollouts, lambda change, service: True, "in all")
    yield from full(limits.per_team, lambda change, service: _team(service) == me.team, f"of team {me.team}")
    here = limits.per_environment.get(environment)
    yield from full(here, lambda change, service: change.environment == environment, f"in {environment}")
    for key, value in sorted(me.labels.items()) if limits.per_label else ():

        def labelled(change: Change, service: Service | None, key: str = key, value: str = value) -> bool:
            return service is not None and service.labels.get(key) == value

        yield from full(limits.per_label.get(f"{key}={value}"), labelled, f"with label {key}={value}")


def _team(service: Service | None) -> str | None:
    return service.team if service else None
