"""One moment of the engine, with the indexes that its views share.

It serves every reply until the engine has another one: nothing here can be out of date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.api.port import Activity
from engine.model.change import FINAL, Move, MoveState
from engine.model.names import InstanceId, PlacementId
from engine.model.snapshot import Plan, Snapshot
from engine.model.state import State
from engine.model.wait import Wait
from engine.plan.care.drift import at_rest
from engine.plan.estate import Estate
from engine.plan.later import going_on
from engine.plan.pending import orphans


@dataclass(frozen=True)
class Moment:
    """What is looked at: one snapshot with its plan and the steps under way. (Not slotted:
    it keeps the indexes it works out.)"""

    snapshot: Snapshot
    plan: Plan
    activity: Mapping[str, Activity]

    @cached_property
    def estate(self) -> Estate:
        """The planner's index over the same snapshot, with what the planner found out already."""
        known = self.plan.estate
        return going_on(known, self.snapshot) if isinstance(known, Estate) else Estate(self.snapshot)

    @cached_property
    def orphans(self) -> dict[InstanceId, tuple[PlacementId, ...]]:
        """Placements that the inventory no longer has, by instance."""
        return orphans(self.estate)

    @property
    def state(self) -> State:
        """The state looked at."""
        return self.snapshot.state

    @cached_property
    def moving(self) -> dict[PlacementId, Move]:
        """The move in flight of each placement: a rollout's, or a heal."""
        return {
            PlacementId(item.service, change.environment, move.host): move
            for change, item, move in self.state.moves_in_flight()
        } | {healing.placement: move for healing, move in self.state.heals_in_flight()}

    @cached_property
    def rolled(self) -> frozenset[InstanceId]:
        """The instances on which a rollout is at work, or has failed: what differs there is no drift."""
        return frozenset(
            instance for instance, items in self.estate.items.items() if not at_rest(item for _, item in items)
        )

    @cached_property
    def waits_of_instances(self) -> dict[str, list[Wait]]:
        """Waits by instance: its own, its placements', and those of whole changes that hold it."""
        found: defaultdict[str, list[Wait]] = defaultdict(list)
        for wait in self.plan.waits:
            if "@" in wait.subject:
                found[wait.subject.partition("/")[0]].append(wait)
                continue
            change = self.state.changes.get(wait.change or wait.subject)
            for item in change.items if change else ():
                if item.status not in FINAL:
                    found[f"{item.service}@{change.environment if change else ''}"].append(wait)
        return found

    @cached_property
    def waits_of_changes(self) -> dict[str, list[Wait]]:
        """Waits by the change they hold."""
        found: defaultdict[str, list[Wait]] = defaultdict(list)
        for wait in self.plan.waits:
            if wait.change:
                found[wait.change].append(wait)
        return found

    def phase(self, move: Move) -> str:
        """How far a move has come; "" once it is over."""
        if move.state is not MoveState.MOVING:
            return ""
        for step in (move.step, f"{move.step}.pre", f"{move.step}.drain"):
            if step in self.activity:
                return self.activity[step].phase
        return "intended"
