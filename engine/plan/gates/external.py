"""The gate of externals: what a service needs besides other services has to be well before it
starts. What is itself ill may always be mended, and rollbacks wait for nobody's health.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.change import Kind
from engine.model.observation import Health
from engine.model.version import satisfies
from engine.model.wait import Reason, Wait
from engine.plan.gates.case import Case


def external_unhealthy(case: Case) -> Iterator[Wait]:
    """An external that the new version needs fails, or cannot be asked: unknown does not pass."""
    estate, declared = case.estate, case.estate.service(case.item.service)
    if declared is None or not declared.externals or case.change.kind is Kind.ROLLBACK:
        return
    if estate.may_run(case.instance) and not estate.is_healthy(case.instance):
        return
    names = {
        need.external
        for need in declared.externals
        if not need.when or satisfies(declared.scheme, case.item.goal, need.when)
    }
    for name in sorted(names):
        known, seen = estate.inventory.externals.get(name), estate.state.externals.get(name)
        if seen is not None and seen.health is Health.PASSING:
            continue
        owner = known.owner if known else ""
        how = "fails" if seen is not None and seen.health is Health.FAILING else "cannot be asked"
        detail = seen.detail if seen is not None and seen.detail else "it has not answered since the engine started"
        whom = f"ask {owner} about it" if owner else f"mend it, or its check (externals.{name})"
        unblock = f"{whom}; to do without it, take it out of the needs of {case.item.service} and reload"
        message = f"the external {name} {how}: {detail}"
        yield case.wait(Reason.DEPENDENCY_UNHEALTHY, message, owner=owner or f"externals.{name}", unblock=unblock)
