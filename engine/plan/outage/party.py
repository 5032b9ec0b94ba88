"""The services of one outage together, and the questions about what runs of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx

from engine.model.change import UNSUCCESSFUL, MoveState, Status
from engine.model.names import PlacementId
from engine.model.wait import Reason, Wait
from engine.plan.care.upkeep import is_away
from engine.plan.rollouts.under_way import UnderWay

LOST = UNSUCCESSFUL | {Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class Party:
    """Everybody of one outage, by name."""

    members: tuple[UnderWay, ...]

    @classmethod
    def of(cls, rollout: UnderWay) -> Party:
        """The party of one of its members."""
        outage = rollout.item.outage
        names = outage.members if outage else ()
        items = (item for item in rollout.change.items if item.service in names)
        return cls(tuple(UnderWay(rollout.estate, rollout.change, item) for item in items))

    @property
    def stopping(self) -> list[UnderWay]:
        """Those that are stopped meanwhile."""
        return [each for each in self.members if each.item.outage and each.item.outage.stops]

    @property
    def moving(self) -> list[UnderWay]:
        """Those that move while the others stand still."""
        return [each for each in self.members if not (each.item.outage and each.item.outage.stops)]

    @property
    def lost(self) -> UnderWay | None:
        """One that failed or is taken back already: the others follow."""
        return next((each for each in self.members if each.item.status in LOST), None)

    @property
    def is_there(self) -> bool:
        """Whether every placement of everybody runs the new version, healthy."""
        return all(is_there(each) for each in self.members)

    def before(self, rollout: UnderWay) -> list[UnderWay]:
        """Those of the stopped that one of them needs, and that start before it; those that need
        each other start at the same time."""
        names = {each.item.service for each in self.stopping}
        graph = nx.DiGraph()
        graph.add_nodes_from(names)
        for each in self.stopping:
            service = each.item.service
            graph.add_edges_from((other, service) for other in each.estate.providers(service) if other in names)
        mine = rollout.item.service
        first = nx.ancestors(graph, mine) - nx.descendants(graph, mine)
        return [each for each in self.stopping if each.item.service in first]


def is_there(rollout: UnderWay) -> bool:
    """Whether every placement runs the new version, healthy."""
    return not rollout.in_flight and all(
        rollout.is_at_goal(placement) and rollout.estate.available(placement) for placement in rollout.placements
    )


def still_old(rollout: UnderWay) -> list[PlacementId]:
    """Placements on the way forward that may run something else than what was started here."""
    return [
        placement for placement in rollout.placements if runs(rollout, placement) and not _started(rollout, placement)
    ]


def still_new(rollout: UnderWay) -> list[PlacementId]:
    """Placements on the way back that may run something else than they ran before."""
    return [
        placement
        for placement in rollout.placements
        if (versions := runs(rollout, placement)) and versions != {rollout.origin_of(placement)}
    ]


def runs(rollout: UnderWay, placement: PlacementId) -> set[str]:
    """Every version that may run at a placement now; none: it is stopped for certain, for this or for
    its host's maintenance (that it is to come back from that is what its neighbours have to know)."""
    if is_away(rollout.estate, placement) and not rollout.estate.is_moving(placement):
        return set()
    return rollout.estate.may_run_at(placement)


def _started(rollout: UnderWay, placement: PlacementId) -> bool:
    """Whether it was started at the new version after everything stood still, or is being so."""
    move = rollout.item.moves.get(placement.host)
    new = move is not None and not move.back and move.goal == rollout.item.goal
    begun = new and move is not None and move.state in (MoveState.MOVING, MoveState.DONE)
    return begun and runs(rollout, placement) <= {rollout.item.goal}


def waits_for(rollout: UnderWay, message: str, *, reason: Reason = Reason.DEPENDENCY_BUSY) -> Wait:
    """Its turn has not come: the order within the change."""
    return Wait(reason, str(rollout.instance), message, rollout.change.id, blocker=rollout.change.id)


def names(rollouts: list[UnderWay]) -> str:
    """Their services, for a sentence."""
    return ", ".join(each.item.service for each in rollouts)


def idle(rollout: UnderWay, placements: list[PlacementId]) -> Iterator[PlacementId]:
    """Those of the placements on which no step of this service is at work."""
    return (placement for placement in placements if not rollout.estate.is_moving(placement))
