"""The gates before a rollout may start: one pure function each, in one table.

A gate looks at one ``Case`` and yields the waits it imposes; none means go. Gates that keep a
change's place in the queue (``model.wait.RESERVING``) and gates that do not are told apart by
their reasons, not by their place in the table. No gate needs to know of overrides, nor of
what a way back may skip: their waits are dropped here.
"""

from __future__ import annotations

from engine.model.wait import RESERVING, Reason, Wait
from engine.plan.gates.case import Case
from engine.plan.gates.dependency import goes_after, goes_first
from engine.plan.gates.kept import standing
from engine.plan.gates.outage import companions, covered, not_yet, shared
from engine.plan.gates.table import FORESEEN, OF_TURN, START_GATES, gates_of, turn_gates_of
from engine.plan.people.overrides import is_lifted

__all__ = [
    "FORESEEN",
    "START_GATES",
    "Case",
    "goes_after",
    "goes_first",
    "is_blocked",
    "is_refused",
    "is_stuck",
    "waits_before_start",
]

_OF_VERSIONS = frozenset({Reason.DEPENDENCY_VERSION, Reason.DEPENDENT_INCOMPATIBLE, Reason.LOCKSTEP})


def waits_before_start(case: Case) -> tuple[Wait, ...]:
    """Every wait that holds the item now; none means that its rollout may start."""
    others = ((other, wait) for other in companions(case) for wait in _own_waits(other))
    return _own_waits(case) or tuple(shared(case, other, wait) for other, wait in others) or tuple(not_yet(case))


def _own_waits(case: Case) -> tuple[Wait, ...]:
    kept = standing(case)
    found: list[Wait] = []
    for gate in gates_of(case.change) if kept else turn_gates_of(case.change):
        if gate in OF_TURN:
            found += gate(case)
        elif gate in kept:
            found += kept[gate]
    return tuple(wait for wait in found if not is_lifted(case.estate, case.change, wait.reason))


def is_blocked(waits: tuple[Wait, ...]) -> bool:
    """Whether something other than its turn holds it: it then keeps no place in the queue."""
    return any(wait.reason not in RESERVING for wait in waits)


def is_stuck(case: Case) -> bool:
    """Whether something holds it that its turn in this queue will not clear."""
    if covered(case):
        return any(_sticks(wait) for wait in waits_before_start(case))
    return any(
        _sticks(wait) and not is_lifted(case.estate, case.change, wait.reason)
        for waits in standing(case).values()
        for wait in waits
    )


def is_refused(case: Case) -> bool:
    """Whether versions hold it: those of what it would run beside, now or later."""
    return any(wait.reason in _OF_VERSIONS for waits in standing(case).values() for wait in waits)


def _sticks(wait: Wait) -> bool:
    return wait.reason not in RESERVING and not (wait.blocker and wait.gate == "dependency")
