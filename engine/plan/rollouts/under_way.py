"""One rollout under way: a change's item together with the estate, and the questions that
decide its next steps. It decides nothing itself (``rollout`` and ``batch`` do).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.model.change import Change, Item, Kind, Move, MoveState, Status
from engine.model.event import ItemStatus
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Sighting, Unit
from engine.model.service import RolloutPolicy
from engine.model.snapshot import Decide
from engine.model.wait import Reason, Wait
from engine.plan.care.drift import has_other_content
from engine.plan.care.upkeep import aside_wait, is_away, shut
from engine.plan.estate import Estate
from engine.plan.rollouts.hooks import is_hooked
from engine.plan.sequencing.safety import unsafe
from engine.plan.sequencing.sequence import Clash

PUT_BACK = frozenset({MoveState.REVERTED, MoveState.UNCONFIRMED})
UNTOUCHED = frozenset({MoveState.FAILED, MoveState.WITHHELD})


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An item that is being carried out or taken back."""

    estate: Estate
    change: Change
    item: Item

    @property
    def instance(self) -> InstanceId:
        """The instance that moves."""
        return self.change.instance(self.item)

    @property
    def placements(self) -> tuple[PlacementId, ...]:
        """Where it runs, or what the item is limited to."""
        if self.item.hosts:
            return tuple(PlacementId(*self.instance, host) for host in self.item.hosts)
        return self.estate.placements(self.instance)

    @property
    def policy(self) -> RolloutPolicy:
        """How it is to move."""
        service = self.estate.service(self.item.service)
        return service.rollout if service else RolloutPolicy()

    @property
    def reverts(self) -> bool:
        """Whether it goes back by itself if it fails. A restart has nothing to go back to."""
        return self.policy.auto_revert and self.change.kind is not Kind.RESTART

    @property
    def is_out_of_date(self) -> bool:
        """Whether it restarts what the instance is not held at any more."""
        known = self.estate.known(self.instance)
        if self.change.kind is not Kind.RESTART or self.item.status is Status.REVERTING:
            return False
        if self.item.started is None:
            return known.target is None
        return (known.target, known.configuration) != (self.item.goal, self.item.configuration)

    @property
    def in_flight(self) -> list[Move]:
        """Moves without an outcome, and those whose hooks are not through."""
        drained = self.estate.state.drained
        return [
            move
            for move in self.item.moves.values()
            if move.state is MoveState.MOVING
            or is_hooked(self.change, self.item, move, PlacementId(*self.instance, move.host) in drained)
        ]

    def wait(self, reason: Reason, subject: object, message: str, unblock: str = "") -> Wait:
        """A wait of this rollout."""
        return Wait(reason, str(subject), message, self.change.id, unblock=unblock)

    def decide(self, status: Status, failure: str = "") -> Decide:
        """The item enters a status."""
        return Decide(ItemStatus(self.change.id, self.item.service, status, failure))

    def unreachable(self, placement: PlacementId) -> Wait:
        """The wait for a host that does not answer."""
        if placement.host not in self.estate.inventory.hosts:
            message = f"{placement.host} left the inventory in the middle of a step, whose outcome is not known"
            return self.wait(Reason.HOST_UNREACHABLE, placement, message, f"interlock retire {placement.host}")
        known = self.estate.state.hosts.get(placement.host)
        reason = known.reason if known and known.reason else "it has not been seen yet"
        message = f"{placement.host} does not answer: {reason}"
        return self.wait(Reason.HOST_UNREACHABLE, placement, message, f"interlock probe {placement.host}")

    def out_of_reach(self, placement: PlacementId) -> Wait | None:
        """The wait for a host that does not answer or is under maintenance; None if it may move."""
        if aside := shut(self.estate, placement.host):
            return aside_wait(aside, placement, self.change.id)
        return None if self.estate.reachable(placement.host) else self.unreachable(placement)

    def moved_by_others(self, placement: PlacementId) -> Wait | None:
        """The wait for a step of the placement that is none of this rollout's: it is healed, or its
        host is emptied; None if there is none."""
        if not self.estate.is_moving(placement) or any(move.host == placement.host for move in self.in_flight):
            return None
        message = f"{placement} is in another step just now: it is healed, or its host is under maintenance"
        return self.wait(Reason.HOST_BUSY, placement, message)

    def illness(self, placement: PlacementId) -> str:
        """Why a placement is not healthy, as far as its last sighting tells."""
        if placement in self.estate.state.drained:
            return "it was drained, and undrain has not succeeded yet"
        sighting = self.estate.state.sightings.get(placement)
        return sighting.detail if sighting and sighting.detail else "its check does not pass"

    def is_at_goal(self, placement: PlacementId) -> bool:
        """Whether a placement needs no (further) forward move."""
        move = self.item.moves.get(placement.host)
        if move and not move.back and move.state is MoveState.DONE:
            return move.goal == (self.item.goal or None)  # not where it was only stopped
        sighting = self.estate.state.sightings.get(placement)
        if not self.item.goal:
            return sighting is None or (sighting.version is None and sighting.unit is Unit.ABSENT)
        return (
            self.change.kind is not Kind.RESTART
            and move is None
            and sighting is not None
            and sighting.version == self.item.goal
            and not sighting.edited  # somebody changed its unit: it is written anew
            and not has_other_content(self.estate.state, placement, self.item.goal)
            and self._has_configuration(sighting)
            and self.estate.available(placement)
        )

    def _has_configuration(self, sighting: Sighting) -> bool:
        """Whether the item's configuration is on the host. One that tells none was adopted: it
        has what the instance was taken to have."""
        if sighting.configuration is not None:
            return sighting.configuration == self.item.configuration.digest
        known = self.estate.known(self.instance)
        former = self.item.origin_configuration if self.item.started else known.configuration
        return former in (None, self.item.configuration)

    def origin_of(self, placement: PlacementId) -> str | None:
        """Where a placement goes back to: the last version converged everywhere, or, where
        several ran, what this very placement ran."""
        move, outage = self.item.moves.get(placement.host), self.item.outage
        if outage is not None:
            return outage.ran.get(placement.host)  # each to what it ran: that was fit to run together
        if self.item.origin is not None or move is None:
            return self.item.origin
        return move.goal if move.back else move.origin

    def is_at_origin(self, placement: PlacementId) -> bool:
        """Whether a placement needs no (further) move back."""
        move = self.item.moves.get(placement.host)
        if self.change.kind is Kind.RESTART or is_away(self.estate, placement):
            return True
        sighting = self.estate.state.sightings.get(placement)
        if move is None and self.item.outage:
            return True
        if move is None:
            known = sighting.version if sighting else None
            return self.item.origin is None or known in (None, self.item.origin)
        if move.back:
            return move.state is MoveState.DONE
        if move.state in UNTOUCHED:
            return sighting is None or sighting.version in (None, self.origin_of(placement))
        # The host puts back what it ran, which after a rollout that was overtaken is not the origin.
        return move.state in PUT_BACK and move.origin == self.origin_of(placement)

    def unsafe(self, version: str | None, apart_from: Collection[str] = ()) -> Clash | None:
        """The clash that ``version`` would make with what neighbours (but those ``apart_from``) may
        run now; a pair that clashes already imposes nothing."""
        return unsafe(self.estate, self.instance, version, apart_from)
