"""The request to override: one gate, for one change, for a while, by those whom the policy
names. What keeps the estate whole is nobody's to lift.
"""

from __future__ import annotations

from datetime import timedelta

from engine.errors import RequestDenied, RequestRefused, UsageError
from engine.model.change import FINAL, Change
from engine.model.consent import OverridePolicy
from engine.model.decision import GateOverridden
from engine.model.request import OverrideGate
from engine.model.wait import GATES, NEVER_OVERRIDDEN, Reason, gate_named, reasons_of
from engine.plan.estate import Estate
from engine.plan.gates.consent import approval_policies
from engine.plan.nearest import did_you_mean
from engine.plan.people.membership import in_words, people
from engine.plan.requests.judgement import Judgement
from engine.plan.requests.named import find_change
from engine.plan.times.windows import length_text

NO_POLICY = "no policy lets anybody override a gate; policies.overrides of the inventory says which gates, and who"


def override(estate: Estate, request: OverrideGate) -> Judgement:
    """The override, ending by itself; or the sentence that says who could give it."""
    change = find_change(estate, request.change)
    gate = canonical(request.gate)
    if not request.reason.strip():
        raise UsageError("say why it is overridden: --reason TEXT")
    if change.status in FINAL:
        raise RequestRefused(f"change {change.id} is {change.status.value}: no gate holds it. Nothing was changed")
    if reasons_of(gate) <= NEVER_OVERRIDDEN:
        raise RequestRefused(f"{gate} can never be overridden: it keeps the estate whole. Nothing was changed")
    policy = estate.inventory.overrides
    if policy is None:
        raise RequestRefused(f"{NO_POLICY}. Nothing was changed")
    if not {gate, *_gate_of(gate)} & set(policy.gates):
        raise RequestRefused(
            f"policies.overrides does not name {gate}; it names {', '.join(policy.gates)}. Nothing was changed"
        )
    _check_person(estate, policy, change, gate, request.actor)
    for_s = policy.max_s if request.for_s is None else request.for_s
    if not 0 < for_s <= policy.max_s:
        raise RequestRefused(
            f"an override lasts more than 0 and at most {length_text(policy.max_s)} (policies.overrides.max), not "
            f"{length_text(for_s)}. "
            "Nothing was changed"
        )
    until = estate.snapshot.now + timedelta(seconds=for_s)
    said = f"{gate} is overridden for change {change.id} until {until:%Y-%m-%d %H:%M:%S} UTC"
    return (GateOverridden(change.id, gate, request.actor, request.reason, until),), said


def _check_person(estate: Estate, policy: OverridePolicy, change: Change, gate: str, person: str) -> None:
    """Refuse whom the policy does not name, what it does not cover, and the requester's own way past four eyes."""
    who = in_words(estate.inventory, policy.who)
    if person not in people(estate.inventory, policy.who):
        raise RequestDenied(f"{person} may not override {gate}; {who} may. Nothing was changed")
    for item in change.items:
        service = estate.service(item.service)
        if service is None or not policy.scope.covers(service, change.environment):
            raise RequestDenied(
                f"{person} may not override {gate} for {change.instance(item)}: policies.overrides.applies_to does "
                "not cover it, so nobody may. Nothing was changed"
            )
    eyes = [each.name for each in approval_policies(estate, change) if each.four_eyes]
    if Reason.APPROVAL_REQUIRED in reasons_of(gate) and person == change.requested_by and eyes:
        others = ", ".join(name for name in people(estate.inventory, policy.who) if name != person) or "nobody else"
        raise RequestDenied(
            f"{person} requested change {change.id}, and approvals.{eyes[0]} wants other eyes: {others} may override "
            f"{gate}. Nothing was changed"
        )


def canonical(text: str) -> str:
    """The gate or reason meant, as it is written. Raises UsageError with the nearest names."""
    found = gate_named(text)
    if found is None:
        names = {*GATES.values(), *(reason.value for reason in Reason)}
        raise UsageError(f"no gate or reason is called {text[:80]!r}; {did_you_mean(text, names, 'gate')}")
    return found


def _gate_of(gate: str) -> tuple[str, ...]:
    """The gate to which a single reason belongs: whoever may lift all may lift one."""
    return tuple(GATES[reason] for reason in Reason if reason.value == gate)
