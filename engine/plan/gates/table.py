"""The table of gates: which ask about a change of each kind, in the order of their waits, and what
each of them looks at. Who keeps an answer has to know how long it stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.model.change import Change, Kind
from engine.model.inventory import Inventory
from engine.model.wait import Wait
from engine.plan.gates.alarm import alarm
from engine.plan.gates.artifact import artifact, bad_version
from engine.plan.gates.budget import budget
from engine.plan.gates.case import Case
from engine.plan.gates.consent import approval, evidence
from engine.plan.gates.dependency import dependency_busy, dependency_unhealthy, dependency_version, lockstep
from engine.plan.gates.external import external_unhealthy
from engine.plan.gates.limits import concurrency
from engine.plan.gates.outage import outage
from engine.plan.gates.people import failed_earlier, held, not_before
from engine.plan.gates.soak import soak
from engine.plan.gates.upkeep import aside, needed
from engine.plan.gates.windows import freeze, window_closed, window_too_short

Gate = Callable[[Case], Iterator[Wait]]

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

# What is restarted runs already: no version of it can be wrong, missing or new here.
_OF_VERSIONS = (artifact, bad_version, lockstep, dependency_version, soak)
RESTART_GATES = tuple(gate for gate in START_GATES if gate not in _OF_VERSIONS)
_OF_RUNNING = (*_OF_VERSIONS, aside, dependency_unhealthy, budget, alarm)
REMOVE_GATES = (*(gate for gate in START_GATES if gate not in _OF_RUNNING), needed)

# What changes from one item of the queue to the next.
OF_TURN = frozenset({dependency_busy, concurrency})

_START_TURN, _RESTART_TURN, _REMOVE_TURN = (
    tuple(gate for gate in gates if gate in OF_TURN) for gates in (START_GATES, RESTART_GATES, REMOVE_GATES)
)

# What time alone, or something far away, may open and close. The others look at the item, at the
# services that it is joined with, and at what the line says of all these (``Case.view``).
_OF_MOMENT = frozenset(
    {not_before, lockstep, outage, external_unhealthy, soak, window_closed, window_too_short, freeze, alarm}
)

# What looks further still, for advice, once it holds something: such an answer is good for a moment only.
LOOKS_FAR = frozenset({dependency_version})

# What people can see to while a change has to wait for the step before it.
FORESEEN = frozenset({"approval", "evidence", "artifact", "hold", "pause"})


def gates_of(change: Change) -> tuple[Gate, ...]:
    """The gates that ask about a change, in their order."""
    if change.kind is Kind.RESTART:
        return RESTART_GATES
    return REMOVE_GATES if change.kind is Kind.REMOVE else START_GATES


def turn_gates_of(change: Change) -> tuple[Gate, ...]:
    """Those of them that ask about its turn."""
    if change.kind is Kind.RESTART:
        return _RESTART_TURN
    return _REMOVE_TURN if change.kind is Kind.REMOVE else _START_TURN


def split(inventory: Inventory, change: Change) -> tuple[tuple[Gate, ...], tuple[Gate, ...]]:
    """Those of them whose answers last while nothing happens near the item, and those that have to
    be asked at every moment; without those that have nothing to ask here, and those of the turn."""
    passing, idle = set(_OF_MOMENT), _idle(inventory)
    if change.kind is Kind.ROLLBACK:
        passing.add(dependency_version)  # it looks for a whole chain of dependents to go with it
    if inventory.limits.unavailable is not None or inventory.limits.unavailable_per_domain is not None:
        passing.add(budget)
    if any(policy.valid_s is not None for policy in inventory.approvals):
        passing.add(approval)
    asking = [gate for gate in gates_of(change) if gate not in OF_TURN and gate not in idle]
    return tuple(gate for gate in asking if gate not in passing), tuple(gate for gate in asking if gate in passing)


def _idle(inventory: Inventory) -> set[Gate]:
    """The gates of policies that the inventory has none of."""
    policies: tuple[tuple[object, tuple[Gate, ...]], ...] = (
        (inventory.approvals, (approval,)),
        (inventory.evidence, (evidence,)),
        (inventory.windows, (window_closed, window_too_short)),
        (inventory.freezes, (freeze,)),
        (inventory.alarms, (alarm,)),
        (any(environment.after for environment in inventory.environments.values()), (soak,)),
    )
    return {gate for policy, gates in policies if not policy for gate in gates}
