"""Which gates do not hold a change: those that a person lifted for it, for a while, and those
that a way back skips. Asked in one place (``gates.waits_before_start``), so that no gate has
to know of it; whoever judges a rollout under way asks here too.
"""

from __future__ import annotations

from engine.model.change import Change, Kind
from engine.model.consent import Override
from engine.model.wait import GATES, NEVER_OVERRIDDEN, Reason
from engine.plan.estate import Estate

# A way back keeps what keeps the estate whole, and waits for nothing else (product section 3).
SKIPPED_BY_ROLLBACK = frozenset({"window", "freeze", "soak", "approval", "evidence", "alarm", "limit"})
SKIPPED_REASONS = frozenset({Reason.DEPENDENCY_UNHEALTHY})


def overridden(estate: Estate, change: Change, reason: Reason) -> Override | None:
    """The override that lifts ``reason`` for ``change`` now; None if none does."""
    if reason in NEVER_OVERRIDDEN:
        return None
    for override in change.overrides:
        if override.gate in (reason.value, GATES[reason]) and estate.snapshot.now < override.until:
            return override
    return None


def is_lifted(estate: Estate, change: Change, reason: Reason) -> bool:
    """Whether waits for this reason do not hold the change: overridden, or it is a way back."""
    if change.kind is Kind.ROLLBACK and (GATES[reason] in SKIPPED_BY_ROLLBACK or reason in SKIPPED_REASONS):
        return True
    return overridden(estate, change, reason) is not None


def way_past(estate: Estate, change: Change, reason: Reason) -> str:
    """The command that would lift a reason, "" if no policy lets anybody."""
    policy, gate = estate.inventory.overrides, GATES[reason]
    if policy is None or reason in NEVER_OVERRIDDEN or not {gate, reason.value} & set(policy.gates):
        return ""
    services = [estate.service(item.service) for item in change.items]
    if not all(each is not None and policy.scope.covers(each, change.environment) for each in services):
        return ""
    return f"interlock override {change.id} {gate if gate in policy.gates else reason.value} --reason TEXT"
