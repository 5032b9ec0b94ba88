"""How long a rollout will take: learned from the instance's latest ones, else from the service's
in other environments, else worked out from its rollout policy and from what steps of any service
took beyond theirs. What is kept is seconds a batch, so that an answer holds when placements or
``max_parallel`` have changed since. Everybody who needs a duration (the forecast, the windows,
``check``) asks ``expected_s``: what a policy adds to a rollout is added there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from engine.model.change import Change, Item, Kind, Move, MoveState
from engine.model.names import InstanceId
from engine.model.service import Service
from engine.plan.estate import Estate
from engine.plan.rollouts.stages import outline

ENOUGH = 3  # samples; fewer say less than the policy does
STEP_S = 1.0  # what staging, switching and confirming take where nothing is known
LATEST = 100  # steps that are looked at
SPREAD = 0.3  # of the logarithm: how durations scatter until there are many samples
SPREAD_WEIGHT = 6  # as many samples does that guess count for
P90 = 1.2816  # standard deviations from the median to the 90th percentile


def rollout_s(estate: Estate, change: Change, item: Item) -> float:
    """Seconds the rollout of one item will take, bakes included: one in two takes longer."""
    instance = change.instance(item)
    return moving_s(estate, instance, change.kind) + bakes_s(estate, instance, change.kind)


def expected_s(estate: Estate, instance: InstanceId) -> float:
    """The same for any rollout of an instance that is no way back."""
    return moving_s(estate, instance) + bakes_s(estate, instance)


def moving_s(estate: Estate, instance: InstanceId, kind: Kind = Kind.DEPLOY) -> float:
    """Seconds in which something of a rollout moves."""
    return batches(estate, instance, kind) * _batch_s(estate, instance)


def bakes_s(estate: Estate, instance: InstanceId, kind: Kind = Kind.DEPLOY) -> float:
    """Seconds for which its stages bake, one after the other."""
    return sum(bake_s for _, _, bake_s in outline(estate, instance, kind))


def moving_p90_s(estate: Estate, instance: InstanceId, kind: Kind = Kind.DEPLOY) -> float:
    """Seconds within which nine of ten such rollouts have moved; bakes always last as long as they do."""
    return moving_s(estate, instance, kind) * math.exp(P90 * _spread(_samples(estate, instance)))


def revert_s(estate: Estate, change: Change, item: Item) -> float:
    """Seconds to take the whole rollout back, at the same pace as it went; nothing bakes then."""
    return moving_s(estate, change.instance(item), Kind.ROLLBACK)


def together_s(estate: Estate, change: Change, group: Sequence[str], stopped: Sequence[str]) -> float:
    """Seconds that an outage of these services will take: some move, then what was stopped starts."""
    each = {name: expected_s(estate, InstanceId(name, change.environment)) for name in group}
    return sum(max((s for name, s in each.items() if (name in stopped) is half), default=0.0) for half in (False, True))


def batches(estate: Estate, instance: InstanceId, kind: Kind = Kind.DEPLOY) -> int:
    """How many times a group of placements moves, one group after the other; at least 1."""
    together = parallel(estate, instance)
    return max(1, sum(math.ceil(size / together) for _, size, _ in outline(estate, instance, kind)))


def parallel(estate: Estate, instance: InstanceId) -> int:
    """How many of its placements move side by side; at least 1."""
    placed = len(estate.placements(instance))
    service = estate.service(instance.service)
    if service is None or not placed:
        return 1
    return max(1, min(placed, service.rollout.max_parallel.of(placed), service.rollout.may_be_unavailable(placed)))


def is_learned(estate: Estate, instance: InstanceId) -> bool:
    """Whether its durations come from earlier rollouts."""
    return bool(_samples(estate, instance))


def seconds_a_batch(item: Item) -> float | None:
    """What one finished rollout teaches: the time in which something of it moved (so that no
    pause counts), for each batch of as many moves as went side by side; None if nothing moved."""
    moves = [move for move in item.moves.values() if not move.back and move.state is MoveState.DONE and move.finished]
    if not moves:
        return None
    busy_s, together = _busy(moves)
    return busy_s / math.ceil(len(moves) / together)


def _busy(moves: Sequence[Move]) -> tuple[float, int]:
    """Seconds in which at least one of the moves was under way, and the most at one time."""
    turns = sorted(
        turn for move in moves if move.finished for turn in ((move.started, 1), (max(move.started, move.finished), -1))
    )
    busy_s, flying, most, before = 0.0, 0, 1, turns[0][0]
    for at, step in turns:
        busy_s += (at - before).total_seconds() if flying else 0.0
        flying += step
        most, before = max(most, flying), at
    return busy_s, most


def _samples(estate: Estate, instance: InstanceId) -> Sequence[float]:
    own = estate.known(instance).batch_s
    if len(own) >= ENOUGH:
        return own
    every = [
        s for known in estate.state.instances.values() if known.id.service == instance.service for s in known.batch_s
    ]
    return every if len(every) >= ENOUGH else ()


def _batch_s(estate: Estate, instance: InstanceId) -> float:
    samples = _samples(estate, instance)
    if samples:
        return median(samples)
    service = estate.service(instance.service)
    return _least_s(service) + _overhead_s(estate) if service else STEP_S


def _least_s(service: Service) -> float:
    """What its policy alone makes a step last: from the first passing check on it has to stay
    healthy, and be so often enough."""
    health = service.configuration.health
    passing_s = (health.passes - 1) * health.interval_s if health.is_declared else 0.0
    return max(passing_s, service.rollout.min_healthy_time_s)


def _overhead_s(estate: Estate) -> float:
    """What the latest steps took beyond what their policies made them last: staging, switching,
    starting, confirming, whatever the service. A guess until there are enough."""
    known = estate.answers["overhead"]
    if "" not in known:
        extra = [
            max(0.0, (move.finished - move.started).total_seconds() - _least_s(service))
            for change in estate.state.changes.values()
            for item in change.items
            if item.moves and (service := estate.service(item.service)) is not None
            for move in item.moves.values()
            if move.state is MoveState.DONE and move.finished and not move.back
        ]
        known[""] = median(extra[-LATEST:]) if len(extra) >= ENOUGH else STEP_S
    found: float = known[""]
    return found


def _spread(samples: Sequence[float]) -> float:
    """The standard deviation of the logarithm, drawn towards a guess while samples are few."""
    logs = [math.log(max(sample, 0.001)) for sample in samples]
    mean = sum(logs) / len(logs) if logs else 0.0
    squares = sum((value - mean) ** 2 for value in logs)
    freedom = max(0, len(logs) - 1)
    return math.sqrt((squares + SPREAD_WEIGHT * SPREAD**2) / (freedom + SPREAD_WEIGHT))
