"""The stages of a rollout: the canaries, then one failure domain after the other, or the rest as a
whole. Which placements belong to which, how long each bakes, and at which one the rollout is.

A stage is complete when everything of it that answers is at the goal, and at least one placement
is: a canary that nobody has seen proves nothing. Whatever comes back later is moved then. The
placements that failed, within ``max_failures``, are tried again in the last stage, before its
bake. A rollback goes where the version was proven before: it has no canaries and does not bake,
but keeps to one domain at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from engine.model.change import Kind, MoveState
from engine.model.names import InstanceId, PlacementId
from engine.model.service import RolloutPolicy
from engine.plan.care.upkeep import in_reach
from engine.plan.estate import Estate
from engine.plan.rollouts.under_way import UnderWay

CANARY = "canary"
ALL = "all"


@dataclass(frozen=True, slots=True)
class Stage:
    """Placements that come before the next stage's; ``awaits``: a person has to promote it."""

    name: str
    placements: tuple[PlacementId, ...]
    bake_s: float = 0.0
    awaits: bool = False

    @property
    def is_canary(self) -> bool:
        """Whether these are the canaries."""
        return self.name == CANARY


def groups(estate: Estate, instance: InstanceId, policy: RolloutPolicy) -> dict[str, tuple[PlacementId, ...]]:
    """The placements by the domain they move in, in its turn; all in one without a
    ``domain_order``. Those in no domain that is named come last, their own domains by name."""
    placements = estate.placements(instance)
    if not policy.domain_order:
        return {ALL: placements} if placements else {}
    found: dict[str, list[PlacementId]] = {f"domain {name}": [] for name in policy.domain_order}
    rest: dict[str, list[PlacementId]] = {}
    for placement in placements:
        around = estate.domains(placement.host)
        home = next((name for name in policy.domain_order if name in around), "")
        if home:
            found[f"domain {home}"].append(placement)
        else:
            rest.setdefault(f"domain {around[-1] if around else '-'}", []).append(placement)
    return {name: tuple(each) for name, each in [*found.items(), *sorted(rest.items())] if each}


def outline(estate: Estate, instance: InstanceId, kind: Kind = Kind.DEPLOY) -> tuple[tuple[str, int, float], ...]:
    """The stages of a rollout that has not begun: name, placements to move, seconds to bake."""
    service = estate.service(instance.service)
    policy = service.rollout if service else RolloutPolicy()
    found = groups(estate, instance, policy)
    sizes = {name: len(placements) for name, placements in found.items()}
    bakes = _bakes(policy, found, kind)
    if not found:
        return ()
    first = next(iter(found))
    canaries = 0 if kind is Kind.ROLLBACK else min(policy.canary.of(sum(sizes.values())), sizes[first])
    rest = [(name, size, bakes[name]) for name, size in sizes.items()]
    if not canaries:
        return tuple(rest)
    if canaries == sizes[first]:
        return ((CANARY, canaries, max(policy.bake_s, bakes[first])), *rest[1:])
    return ((CANARY, canaries, policy.bake_s), (first, sizes[first] - canaries, bakes[first]), *rest[1:])


def _bakes(policy: RolloutPolicy, found: Iterable[str], kind: Kind) -> dict[str, float]:
    bake_s = 0.0 if kind is Kind.ROLLBACK else policy.bake_s
    bakes = dict.fromkeys(found, bake_s)
    first = next(iter(bakes), None)
    if first is not None and policy.first_domain_bake_s is not None and kind is not Kind.ROLLBACK:
        bakes[first] = policy.first_domain_bake_s
    return bakes


@dataclass(frozen=True)
class Course:
    """A rollout's way through its stages. (Not slotted: it keeps what it works out.)"""

    rollout: UnderWay

    @cached_property
    def groups(self) -> dict[str, tuple[PlacementId, ...]]:
        """The placements by the domain they move in."""
        policy = self.rollout.policy
        if self.rollout.item.outage is not None:
            policy = replace(policy, domain_order=())
        return groups(self.rollout.estate, self.rollout.instance, policy)

    @property
    def _kind(self) -> Kind:
        """What is stopped meanwhile waits for no canary: an outage goes in one, like a way back."""
        return Kind.ROLLBACK if self.rollout.item.outage is not None else self.rollout.change.kind

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """All of them, in their order."""
        policy, kind = self.rollout.policy, self._kind
        bakes = _bakes(policy, self.groups, kind)
        rest = [Stage(name, placements, bakes[name]) for name, placements in self.groups.items()]
        canaries = self._canaries() if kind is not Kind.ROLLBACK else ()
        if not canaries:
            return tuple(rest)
        awaits = not policy.auto_promote
        if len(canaries) == len(rest[0].placements):
            return (Stage(CANARY, rest[0].placements, max(policy.bake_s, rest[0].bake_s), awaits), *rest[1:])
        return (Stage(CANARY, canaries, policy.bake_s, awaits), *rest)

    def _canaries(self) -> tuple[PlacementId, ...]:
        """The first placements: those begun already, then those that may move now, spread over the
        domains (all in the first one, if there is an order); what failed is replaced."""
        among = next(iter(self.groups.values()), ())
        wanted = min(self.rollout.policy.canary.of(len(self.rollout.placements)), len(among))
        chosen: list[PlacementId] = []
        crowd: Counter[tuple[str, ...]] = Counter()
        estate = self.rollout.estate
        ranks = {placement: self._rank(placement) for placement in among}
        while len(chosen) < wanted:
            rest = [placement for placement in among if placement not in chosen]
            best = min(rest, key=lambda p: (ranks[p], crowd[estate.domains(p.host)], estate.available(p)))
            chosen.append(best)
            crowd[estate.domains(best.host)] += 1
        return tuple(chosen)

    def _rank(self, placement: PlacementId) -> int:
        rollout = self.rollout
        move = rollout.item.moves.get(placement.host)
        if rollout.is_at_goal(placement):
            return 0
        if self.has_failed(placement):
            return 4
        if move is not None and not move.back:
            return 1
        idle = in_reach(rollout.estate, placement.host) and not rollout.estate.is_moving(placement)
        return 2 if idle else 3

    @cached_property
    def at(self) -> int:
        """The number of the stage that the rollout is at; as many as there are, once all are through."""
        for number, stage in enumerate(self.stages):
            if self._is_passed(number, stage) or (number and self._is_out_of_reach(stage)):
                continue
            return number
        return len(self.stages)

    @property
    def stage(self) -> Stage | None:
        """The stage that the rollout is at, None once all are through."""
        return self.stages[self.at] if self.at < len(self.stages) else None

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after this stage."""
        return self.at >= len(self.stages) - 1

    def _is_passed(self, number: int, stage: Stage) -> bool:
        """What moved after the last stage was through has to bake too."""
        since_s = self.rollout.item.passed.get(stage.name)
        if since_s is None or number < len(self.stages) - 1:
            return since_s is not None
        moves = self.rollout.item.moves.values()
        return not any(move.state is MoveState.DONE and not move.back and move.ended_s > since_s for move in moves)

    def _is_out_of_reach(self, stage: Stage) -> bool:
        """A whole domain that does not answer is waited for at the end."""
        estate = self.rollout.estate
        return not any(in_reach(estate, p.host) or estate.is_moving(p) for p in stage.placements)

    @property
    def scope(self) -> tuple[PlacementId, ...]:
        """The placements that have to be at the goal before this stage is complete."""
        stage = self.stage
        return self.rollout.placements if stage is None or self.is_last else stage.placements

    @property
    def is_complete(self) -> bool:
        """Whether everything of this stage that answers has arrived."""
        rollout = self.rollout
        if self.stage is None or rollout.in_flight:
            return False
        near = [placement for placement in self.scope if in_reach(rollout.estate, placement.host)]
        there = [placement for placement in near if rollout.is_at_goal(placement)]
        missing = [placement for placement in near if not rollout.is_at_goal(placement)]
        if not self.is_last:
            missing = [placement for placement in missing if not self.has_failed(placement)]
        return bool(there) and not missing

    def has_failed(self, placement: PlacementId) -> bool:
        """Whether the placement's last move forward failed."""
        move = self.rollout.item.moves.get(placement.host)
        return move is not None and move.has_failed

    @property
    def todo(self) -> list[PlacementId]:
        """The placements that may move forward now, as far as the strategy goes."""
        rollout = self.rollout
        reached = [p for stage in self.stages[: self.at + 1] for p in stage.placements]
        scope = set(rollout.placements if self.is_last else reached)
        left = [p for p in rollout.placements if p in scope and self._is_left(p)]
        fresh = [placement for placement in left if not self.has_failed(placement)]
        if rollout.in_flight or any(in_reach(rollout.estate, placement.host) for placement in fresh):
            return self.one_domain(fresh)
        again = self.is_last or not any(rollout.is_at_goal(placement) for placement in self.scope)
        return self.one_domain(left if again else fresh)

    def _is_left(self, placement: PlacementId) -> bool:
        return not self.rollout.is_at_goal(placement) and not self.rollout.estate.is_moving(placement)

    def one_domain(self, left: Sequence[PlacementId], *, back: bool = False) -> list[PlacementId]:
        """Of what is left, those in the domain whose turn it is (on the way back the last one
        first), and those that do not answer, for which it waits anyway."""
        if not self.rollout.policy.domain_order:
            return list(left)
        flying = {move.host for move in self.rollout.in_flight}

        def reachable(host: str) -> bool:
            return in_reach(self.rollout.estate, host, back=back)

        homes = list(self.groups.values())
        for mine in reversed(homes) if back else homes:
            busy = any(placement.host in flying for placement in mine)
            if busy or (not flying and any(p in mine and reachable(p.host) for p in left)):
                return [p for p in left if p in mine or not reachable(p.host)]
        return [] if flying else list(left)
