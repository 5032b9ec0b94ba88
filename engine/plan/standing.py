"""Where an instance stands, in the contract's words, from a snapshot and its plan."""

from __future__ import annotations

from engine.model.change import Change, Item, MoveState, Status
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.snapshot import Plan
from engine.plan.care.drift import differences
from engine.plan.estate import Estate
from engine.plan.pending import pending


def state_of(estate: Estate, plan: Plan, instance: InstanceId) -> str:
    """The first that applies of: unknown, reverting, failed, paused, baking, rolling, drifted, waiting,
    pending, degraded, converged."""
    change, item = estate.items.get(instance, [(None, None)])[-1]
    status = item.status if item else None
    target, desired = estate.known(instance).target, estate.desired(instance)
    never_asked = target is None and status in (None, Status.CANCELLED, Status.SUPERSEDED)
    removed = item is not None and not item.goal and status is Status.SUCCEEDED
    if never_asked or removed or not estate.placements(instance):  # without a placement: the inventory no longer has it
        return "unknown"
    if status is Status.REVERTING:
        return "reverting"
    if status is Status.FAILED:
        return "failed"
    if change and item and _is_paused(change, item):
        return "paused"
    if item and item.bake is not None:
        return "baking"
    entries = [*estate.items.get(instance, ()), *estate.errands.get(instance, ())]
    if any(entry.status is Status.RUNNING for _, entry in entries):
        return "rolling"
    if target is not None and _differs(estate, instance):
        return "drifted"
    if status is Status.WAITING:
        return "waiting" if str(instance) in _held(estate, plan) else "pending"
    if desired != target or pending(estate, instance):
        return "pending"
    return "converged" if is_converged(estate, instance) else "degraded"


def _held(estate: Estate, plan: Plan) -> frozenset[str]:
    """What the plan's waits are about; worked out once for all instances of a moment."""
    kept = estate.answers["held"]
    known = kept.get("all")
    if known is None or known[0] is not plan.waits:
        known = kept["all"] = plan.waits, frozenset(wait.subject for wait in plan.waits)
    found: frozenset[str] = known[1]
    return found


def _is_paused(change: Change, item: Item) -> bool:
    """Whether a person, or a window that shut, has it stand at a safe point."""
    if item.shut_by and item.status is Status.RUNNING:
        return not any(move.state is MoveState.MOVING for move in item.moves.values())
    return item.status is Status.PAUSED or (change.paused_by != "" and item.status is Status.WAITING)


def is_converged(estate: Estate, instance: InstanceId) -> bool:
    """Current, target and desired are one version on every placement, all healthy."""
    target = estate.known(instance).target
    sightings = [estate.state.sightings.get(p) for p in estate.inventory.placements(instance)]
    return (
        target is not None
        and target == estate.desired(instance)
        and all(s is not None and s.version == target and s.health is Health.PASSING for s in sightings)
        and not any(p in estate.state.drained for p in estate.inventory.placements(instance))
        and all(estate.reachable(p.host) for p in estate.inventory.placements(instance))
    )


def _differs(estate: Estate, instance: InstanceId) -> bool:
    """Whether a placement that can be seen is not what was last brought there, or is being healed."""
    for placement in estate.inventory.placements(instance):
        healing = estate.state.healings.get(placement)
        if healing is not None and healing.flight is not None:
            return True
        if estate.reachable(placement.host) and differences(estate.state, placement):
            return True
    return False
