"""The gate of concurrency: how many rollouts may run at once."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import Kind
from engine.model.inventory import Service
from engine.model.wait import Reason, Wait
from engine.plan.gates.case import Case


def concurrency(case: Case) -> Iterator[Wait]:
    """No more rollouts at once than the limits allow: overall, per team, environment, label."""
    if case.change.kind is Kind.ROLLBACK:
        return
    limits, me = case.estate.inventory.limits, case.estate.service(case.item.service)
    if me is None:
        return
    rolling = [(change, case.estate.service(item.service)) for change, item in case.rolling]
    environment = case.change.environment

    def full(limit: int | None, count: int, what: str) -> Iterator[Wait]:
        if limit is not None and count >= limit:
            message = f"{count} of at most {limit} rollouts {what} run already"
            yield case.wait(Reason.CONCURRENCY_LIMIT, message, owner="policies.limits")

    yield from full(limits.rollouts, len(rolling), "in all")
    yield from full(limits.per_team, sum(_team(s) == me.team for _, s in rolling), f"of team {me.team}")
    in_environment = sum(change.environment == environment for change, _ in rolling)
    yield from full(limits.per_environment.get(environment), in_environment, f"in {environment}")
    for key, value in sorted(me.labels.items()):
        same = sum(s is not None and s.labels.get(key) == value for _, s in rolling)
        yield from full(limits.per_label.get(f"{key}={value}"), same, f"with label {key}={value}")


def _team(service: Service | None) -> str | None:
    return service.team if service else None
