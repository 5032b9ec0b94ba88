"""The moves of an outage: stop, and start again. Budgets do not count here, and nobody goes
before anybody else: what is down anyway is to come back soon. What is true of every move stays:
one at a time on a host, and only on hosts that answer and carry this engine's claim.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.change import Move
from engine.model.event import MoveIntended
from engine.model.names import PlacementId
from engine.model.snapshot import Action
from engine.model.wait import Wait
from engine.plan.rollouts.batch import execution, step_name, untouchable
from engine.plan.rollouts.hooks import begun
from engine.plan.rollouts.under_way import UnderWay

TRIES = 6  # of stopping and starting one placement in one direction


def stop(
    rollout: UnderWay, placements: Iterable[PlacementId], busy: set[str], *, back: bool
) -> tuple[list[Action], list[Wait]]:
    """Stop these placements, as many as can be."""
    return _move(rollout, dict.fromkeys(placements), busy, back=back)


def start(
    rollout: UnderWay, placements: Iterable[PlacementId], busy: set[str], *, back: bool
) -> tuple[list[Action], list[Wait]]:
    """Start these placements, as many as can be, at the new version or at what they ran."""
    goals = {placement: rollout.origin_of(placement) if back else rollout.item.goal for placement in placements}
    return _move(rollout, goals, busy, back=back)


def spent(rollout: UnderWay, *, back: bool) -> list[Move]:
    """The moves that were tried often enough."""
    return [move for move in rollout.item.moves.values() if move.back is back and move.attempt >= TRIES]


def _move(
    rollout: UnderWay, goals: dict[PlacementId, str | None], busy: set[str], *, back: bool
) -> tuple[list[Action], list[Wait]]:
    actions: list[Action] = []
    waits: list[Wait] = []
    for placement, goal in goals.items():
        wait = untouchable(rollout, placement, busy)
        if wait is not None:
            waits.append(wait)
            continue
        busy.add(placement.host)
        actions.append(_execute(rollout, placement, goal, back=back))
    return actions, waits


def _execute(rollout: UnderWay, placement: PlacementId, goal: str | None, *, back: bool) -> Action:
    item, host = rollout.item, placement.host
    before = item.moves.get(host)
    attempt = before.attempt + 1 if before and before.back is back else 1
    sighting = rollout.estate.state.sightings.get(placement)
    origin = (sighting.version or sighting.release) if sighting else None
    step = step_name(rollout, placement, f"{item.retries or ''}{'p' if back else 'o'}{attempt}")
    intent = MoveIntended(rollout.change.id, item.service, host, step, origin, goal, attempt, back)
    move = Move(host, step, origin, goal, attempt, rollout.estate.snapshot.now, back)
    return begun(execution(rollout, move, intent))
