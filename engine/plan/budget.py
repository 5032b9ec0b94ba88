"""How much an environment and its failure domains may lose at once, over all rollouts.

A move is allowed if the number unavailable stays within every budget around its placement, or
does not rise: what is unavailable already may always be mended. ``Budgets`` is shared by everything
that one plan begins, rollouts, errands of maintenance and heals, and counts what each of them takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.names import InstanceId, PlacementId
from engine.model.service import Amount
from engine.model.wait import Reason
from engine.plan.estate import Estate
from engine.plan.tally import Scope

MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """A budget that one more placement would pass: the reason, a sentence, the policy that
    says so, and what a person could do ("" where it clears by itself)."""

    reason: Reason
    message: str
    owner: str
    unblock: str


class Budgets:
    """The budgets of all environments, for one plan."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._taken: Counter[Scope] = Counter()
        self._begun: set[PlacementId] = set()

    def begin(self, placement: PlacementId, *, falls: bool) -> None:
        """A step of the placement begins by this plan; ``falls``: it was available, and is not then."""
        self._begun.add(placement)
        if falls:
            for scope, _, _ in self._around(placement):
                self._taken[scope] += 1

    def moving(self, instance: InstanceId) -> list[PlacementId]:
        """The placements of an instance that are between two versions, whatever moves them, or
        will be by this plan."""
        return [p for p in self._estate.placements(instance) if p in self._begun or self._estate.is_moving(p)]

    def down(self, instance: InstanceId) -> list[PlacementId]:
        """The placements of an instance that are unavailable, or will be by this plan."""
        return [p for p in self._estate.placements(instance) if p in self._begun or not self._estate.available(p)]

    def refuse(self, placement: PlacementId) -> Iterator[Refusal]:
        """Every budget that would be passed if this placement, which is available, went down."""
        for scope, amount, owner in self._around(placement):
            tally = self._estate.tallies[scope]
            limit, lost = amount.of(tally.total), len(tally.lost) + self._taken[scope]
            if lost + 1 > limit:
                of = f"{amount} of {tally.total} ({limit})" if amount.percent else str(limit)
                yield self._refusal(placement, scope, lost, f"at most {of} may be", owner)

    def _around(self, placement: PlacementId) -> Iterator[tuple[Scope, Amount, str]]:
        limits, environment = self._estate.inventory.limits, placement.environment
        if limits.unavailable is not None:
            yield (environment, ""), limits.unavailable, "policies.limits.unavailable"
        if limits.unavailable_per_domain is not None:
            for domain in self._estate.domains(placement.host):
                yield (environment, domain), limits.unavailable_per_domain, "policies.limits.unavailable_per_domain"

    def _refusal(self, placement: PlacementId, scope: Scope, lost: int, allowed: str, owner: str) -> Refusal:
        environment, domain = scope
        where = f"domain {domain} of {environment}" if domain else environment
        lost_now = self._estate.tallies[scope].lost
        ill = [each for each in lost_now if not self._estate.is_moving(each)]
        movers = sorted({each.service for each in lost_now if self._estate.is_moving(each)} - {placement.service})
        unblock = f"mend {ill[0]} (interlock why {ill[0].instance})" if ill else ""
        if domain and movers:
            message = f"{_listed(movers)} moves in {where}: {lost} are unavailable there, and {allowed}"
            return Refusal(Reason.FAILURE_DOMAIN_BUSY, message, owner, unblock)
        causes = [f"{_listed([str(each) for each in ill])} not healthy"] if ill else []
        causes += [f"{_listed(movers)} moving"] if movers else []
        shown = f" ({'; '.join(causes)})" if causes else ""
        message = f"{placement} would be one more than the {lost} unavailable in {where}{shown}: {allowed}"
        return Refusal(Reason.BLAST_RADIUS, message, owner, unblock)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:MAX_NAMED])}{f' and {len(names) - MAX_NAMED} more' if len(names) > MAX_NAMED else ''}"
