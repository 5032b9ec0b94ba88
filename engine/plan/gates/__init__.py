"""The gates before a rollout may start: one pure function each, in one table.

A gate looks at one ``Case`` and yields the waits it imposes; none means go. Gates that keep a
change's place in the queue (``model.wait.RESERVING``) and gates that do not are told apart by
their reasons, not by their place in the table. No gate needs to know of overrides, nor of
what a way back may skip: their waits are dropped here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.model.change import Change, Kind
from engine.model.wait import RESERVING, Wait
from engine.plan.gates.alarm import alarm
from engine.plan.gates.artifact import artifact, bad_version
from engine.plan.gates.budget import budget
from engine.plan.gates.case import Case
from engine.plan.gates.consent import approval, evidence
from engine.plan.gates.dependency import dependency_busy, dependency_unhealthy, dependency_version, lockstep
from engine.plan.gates.external import external_unhealthy
from engine.plan.gates.limits import concurrency
from engine.plan.gates.outage import companions, not_yet, outage, shared
from engine.plan.gates.people import failed_earlier, held, not_before
from engine.plan.gates.soak import soak
from engine.plan.gates.upkeep import aside, needed
from engine.plan.gates.windows import freeze, window_closed, window_too_short
from engine.plan.overrides import is_lifted

Gate = Callable[[Case], Iterator[Wait]]

__all__ = ["FORESEEN", "START_GATES", "Case", "is_blocked", "is_stuck", "waits_before_start"]

START_GATES: tuple[Gate, ...] = (
    held,
    aside,
    failed_earlier,
    not_before,
    approval,
    evidence,
    artifact,
    bad_version,
    lockstep,
    outage,
    dependency_version,
    dependency_unhealthy,
    external_unhealthy,
    dependency_busy,
    soak,
    window_closed,
    window_too_short,
    freeze,
    concurrency,
    budget,
    alarm,
)

# What changes from one item of the queue to the next; the other gates answer once for each line.
_OF_TURN = frozenset({dependency_busy, concurrency})

# What is restarted runs already: no version of it can be wrong, missing or new here.
_OF_VERSIONS = (artifact, bad_version, lockstep, dependency_version, soak)
RESTART_GATES = tuple(gate for gate in START_GATES if gate not in _OF_VERSIONS)
_OF_RUNNING = (*_OF_VERSIONS, aside, dependency_unhealthy, budget, alarm)
REMOVE_GATES = (*(gate for gate in START_GATES if gate not in _OF_RUNNING), needed)

# What people can see to while a change has to wait for the step before it.
FORESEEN = frozenset({"approval", "evidence", "artifact", "hold", "pause"})


def waits_before_start(case: Case) -> tuple[Wait, ...]:
    """Every wait that holds the item now; none means that its rollout may start."""
    others = ((other, wait) for other in companions(case) for wait in _own_waits(other))
    return _own_waits(case) or tuple(shared(case, other, wait) for other, wait in others) or tuple(not_yet(case))


def _own_waits(case: Case) -> tuple[Wait, ...]:
    standing = _standing(case)
    found: list[Wait] = []
    for gate in _gates_of(case.change):
        if gate in _OF_TURN:
            found += gate(case)
        elif gate in standing:
            found += standing[gate]
    return tuple(wait for wait in found if not is_lifted(case.estate, case.change, wait.reason))


def _standing(case: Case) -> Mapping[Gate, tuple[Wait, ...]]:
    """What the gates impose that whose turn it is does not change, by gate: an item is judged once
    to find its line's leaders, and again when its turn has come."""
    judged, key = case.estate.judged, (case.change.id, case.item.service)
    known = judged.get(key)
    if known is None or known[0] is not case.order:
        gates = (gate for gate in _gates_of(case.change) if gate not in _OF_TURN)
        known = judged[key] = case.order, {gate: waits for gate in gates if (waits := tuple(gate(case)))}
    return known[1]


def _gates_of(change: Change) -> tuple[Gate, ...]:
    if change.kind is Kind.RESTART:
        return RESTART_GATES
    return REMOVE_GATES if change.kind is Kind.REMOVE else START_GATES


def is_blocked(waits: tuple[Wait, ...]) -> bool:
    """Whether something other than its turn holds it: it then keeps no place in the queue."""
    return any(wait.reason not in RESERVING for wait in waits)


def is_stuck(waits: tuple[Wait, ...]) -> bool:
    """Whether something holds it that its turn in this queue will not clear."""
    return any(wait.reason not in RESERVING and not (wait.blocker and wait.gate == "dependency") for wait in waits)
