"""An index over one snapshot, and the questions every rule asks of it: what may be running,
what is available, who depends on whom. Built once for each plan; it decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from engine.model.change import Change, Item, Move, Status
from engine.model.inventory import Inventory
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Reach, Unit
from engine.model.service import Need, Service
from engine.model.snapshot import Snapshot
from engine.model.state import InstanceState
from engine.model.version import Scheme, satisfies
from engine.plan.answering import once
from engine.plan.care.upkeep import in_service, is_away, is_draining, is_retired
from engine.plan.rollouts.rolling import rolling_change
from engine.plan.tally import Scope, Tally

ABANDONED = frozenset({Status.CANCELLED, Status.SUPERSEDED})

# what only the inventory decides
DECLARED = frozenset({"providers", "neighbours", "placements", "domains", "violated", "gates"})


class Estate:
    """Read-only; holds the snapshot it was built from. ``inventory`` is without retired hosts' placements."""

    def __init__(self, snapshot: Snapshot, inventory: Inventory | None = None) -> None:
        self.snapshot = snapshot
        self.inventory = inventory or in_service(snapshot.inventory, snapshot.state)
        self.state = snapshot.state
        self.answers: defaultdict[str, dict[Any, Any]] = defaultdict(dict)
        self.judged: dict[Any, Any] = {}  # what gates say of items (service, change) at this moment
        self.near: dict[Any, Any] = {}  # and what they said that is true until something happens nearby
        self.orders: dict[Any, Any] = {}  # the last order of each environment's queue, with what it came from

    @cached_property
    def instances(self) -> tuple[InstanceId, ...]:
        """Every instance that has a placement, sorted."""
        return self.inventory.instances()

    @cached_property
    def tenants(self) -> dict[str, list[InstanceId]]:
        """The instances that have a placement on a host, by host."""
        found: defaultdict[str, list[InstanceId]] = defaultdict(list)
        for instance in self.instances:
            for placement in self.placements(instance):
                found[placement.host].append(instance)
        return dict(found)

    @cached_property
    def untold(self) -> frozenset[InstanceId]:
        """The instances of which no target is known."""
        return frozenset(instance for instance in self.instances if self.known(instance).target is None)

    @cached_property
    def consumers(self) -> dict[str, list[str]]:
        """Who needs a service, by its name; sorted."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self.inventory.services):
            for need in self.inventory.services[name].needs:
                names = found[need.provider]
                if not names or names[-1] != name:
                    names.append(name)
        return dict(found)

    @cached_property
    def items(self) -> dict[InstanceId, list[tuple[Change, Item]]]:
        """Every item that asks for a version (or for none to be there), oldest first, by instance."""
        return self._items(errands=False)

    @cached_property
    def errands(self) -> dict[InstanceId, list[tuple[Change, Item]]]:
        """Every item that leaves targets as they are: restarts, and what single hosts need."""
        return self._items(errands=True)

    def _items(self, *, errands: bool) -> dict[InstanceId, list[tuple[Change, Item]]]:
        found: defaultdict[InstanceId, list[tuple[Change, Item]]] = defaultdict(list)
        for change in self.state.changes.values():
            if change.is_errand is errands:
                for item in change.items:
                    found[change.instance(item)].append((change, item))
        return found

    @cached_property
    def stopped(self) -> frozenset[InstanceId]:
        """The instances that an outage has stopped, or is about to stop, for a while."""
        return frozenset(change.instance(item) for change, item in self.state.rollouts() if item.is_stopped)

    @cached_property
    def away(self) -> frozenset[PlacementId]:
        """The placements that were stopped for their host's maintenance and are to come back."""
        held = (known for known in self.state.instances.values() if known.away)
        return frozenset(PlacementId(*known.id, host) for known in held for host in known.away)

    @cached_property
    def moving(self) -> dict[str, tuple[PlacementId, Move]]:
        """The move in flight on each host, and of which placement: a rollout's, or a heal."""
        found = {
            move.host: (PlacementId(item.service, change.environment, move.host), move)
            for change, item, move in self.state.moves_in_flight()
        }
        return found | {move.host: (healing.placement, move) for healing, move in self.state.heals_in_flight()}

    @cached_property
    def _flying(self) -> dict[InstanceId, list[Move]]:
        """The moves in flight of each instance."""
        found: defaultdict[InstanceId, list[Move]] = defaultdict(list)
        for placement, move in self.moving.values():
            if not is_retired(self, move.host):
                found[placement.instance].append(move)
        return found

    def service(self, name: str) -> Service | None:
        """The service as declared, None if the inventory no longer has it."""
        return self.inventory.services.get(name)

    @once
    def providers(self, service: str) -> list[str]:
        """What a service needs; sorted, each once."""
        declared = self.service(service)
        return sorted({need.provider for need in declared.needs}) if declared else []

    @once
    def neighbours(self, service: str) -> list[str]:
        """Services joined with this one by a dependency, in either direction."""
        return sorted({*self.providers(service), *self.consumers.get(service, ())} - {service})

    def known(self, instance: InstanceId) -> InstanceState:
        """What the engine holds an instance at."""
        return self.state.instances.get(instance) or InstanceState(instance)

    def scheme(self, service: str) -> Scheme:
        """How versions of the service compare."""
        declared = self.service(service)
        return declared.scheme if declared else Scheme.OPAQUE

    def violated(self, consumer: str, version: str, provider: str, provider_version: str) -> Need | None:
        """The first need of ``consumer`` at ``version`` that the provider's version breaks."""
        known, pair = self.answers["violated"], (consumer, version, provider, provider_version)
        if pair not in known:
            known[pair] = self._violated(*pair)
        found: Need | None = known[pair]
        return found

    def _violated(self, consumer: str, version: str, provider: str, provider_version: str) -> Need | None:
        declared = self.service(consumer)
        for need in declared.needs if declared else ():
            if (
                need.provider == provider
                and (not need.when or satisfies(self.scheme(consumer), version, need.when))
                and not satisfies(self.scheme(provider), provider_version, need.version)
            ):
                return need
        return None

    def may_run_at(self, placement: PlacementId) -> set[str]:
        """Versions that may be running at one placement now: the one last observed, and both
        ends of a move in flight. A placement never seen may run the instance's target."""
        found: set[str | None] = set()
        sighting = self.state.sightings.get(placement)
        if sighting is None:
            found.add(self.known(placement.instance).target)
        elif sighting.version is not None:
            found.add(sighting.version)
        elif sighting.unit is not Unit.ABSENT:
            found.add(sighting.release)
        flying = self.moving.get(placement.host)
        if flying and flying[0].service == placement.service:
            found.update((flying[1].origin, flying[1].goal))
        if is_away(self, placement):
            found.add(self.known(placement.instance).target)  # nobody may move to where it cannot come back
        return {version for version in found if version is not None}

    @once
    def placements(self, instance: InstanceId) -> tuple[PlacementId, ...]:
        """Where an instance runs, in the inventory's order of hosts."""
        return self.inventory.placements(instance)

    @once
    def may_run(self, instance: InstanceId) -> frozenset[str]:
        """Versions of an instance that may be running anywhere now; a move in flight counts even
        where the inventory has lost its host meanwhile."""
        found: set[str] = set()
        for placement in self.placements(instance):
            sighting = self.state.sightings.get(placement)
            if sighting and sighting.version is not None and not self.away and placement.host not in self.moving:
                found.add(sighting.version)  # most placements: seen, and nothing under way there
            else:
                found |= self.may_run_at(placement)
        for move in self._flying.get(instance, ()):
            found.update(version for version in (move.origin, move.goal) if version is not None)
        return frozenset(found)

    def reachable(self, host: str) -> bool:
        """Whether the host answered when last asked."""
        known = self.state.hosts.get(host)
        return known is not None and known.reach is Reach.UP

    def is_moving(self, placement: PlacementId) -> bool:
        """Whether a step of this very placement is in flight."""
        flying = self.moving.get(placement.host)
        return flying is not None and flying[0].service == placement.service

    def available(self, placement: PlacementId) -> bool:
        """Its last check passed, its host answers, it is not drained, and no step is at work on it."""
        sighting = self.state.sightings.get(placement)
        return (
            sighting is not None
            and sighting.health is Health.PASSING
            and self.reachable(placement.host)
            and not self.is_moving(placement)
            and not is_away(self, placement)
            and placement not in self.state.drained
        )

    def counts(self, placement: PlacementId) -> bool:
        """Whether a placement is part of what budgets are about: it runs something, or ought to.
        What was never installed, is being installed for the first time, or withdrawn for good,
        can lose nothing."""
        if placement.instance in self.stopped or is_away(self, placement):
            return True
        if self.is_moving(placement):
            move = self.moving[placement.host][1]
            return move.origin is not None and (move.goal is not None or is_draining(self, move))
        sighting = self.state.sightings.get(placement)
        if sighting is None:
            return self.known(placement.instance).target is not None
        return sighting.version is not None or sighting.unit is not Unit.ABSENT

    @once
    def domains(self, host: str) -> tuple[str, ...]:
        """The failure domains around a host, outermost first."""
        return self.inventory.domain_path(host)

    @once
    def exposure(self, instance: InstanceId) -> list[tuple[PlacementId, bool, tuple[str, ...]]]:
        """Its placements that count: whether each is unavailable, and the domains around it."""
        return [
            (placement, not self.available(placement), self.domains(placement.host))
            for placement in self.placements(instance)
            if self.counts(placement)
        ]

    @cached_property
    def tallies(self) -> dict[Scope, Tally]:
        """What each environment, and each failure domain's part of it, has lost."""
        found: defaultdict[Scope, Tally] = defaultdict(Tally)
        for instance in self.instances:
            for placement, is_lost, domains in self.exposure(instance):
                for domain in ("", *domains):
                    tally = found[instance.environment, domain]
                    tally.total += 1
                    if is_lost:
                        tally.lost.append(placement)
        return found

    @once
    def is_healthy(self, instance: InstanceId) -> bool:
        """Something of it is available and nothing of it that can be reached fails."""
        placements = self.placements(instance)
        able = [self.available(placement) for placement in placements]
        return any(able) and all(
            fine or not self.reachable(placement.host) or is_away(self, placement)
            for fine, placement in zip(able, placements, strict=True)
        )

    @once
    def rolling(self, instance: InstanceId) -> Change | None:
        """The change that is rolling the instance now, None if none is."""
        return rolling_change(self, instance)

    def desired(self, instance: InstanceId) -> str | None:
        """What the newest accepted change asks for that was not taken back in some way."""
        for change, item in reversed(self.items.get(instance, ())):
            if item.status in ABANDONED:
                continue
            if item.status in (Status.REVERTING, Status.REVERTED) and not change.goes_again(item):
                return item.origin
            return item.goal or None
        return self.known(instance).target
