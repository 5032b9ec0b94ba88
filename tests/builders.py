"""Readable snapshots in a few lines: an estate from ``"checkout needs ledger >=2"`` sentences,
what runs where, and the events that bring a state about, folded by the real ``evolve``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from engine.model.change import Change, Item, Kind, MoveState, OnFailure
from engine.model.event import (
    ChangeAccepted,
    EngineStarted,
    Event,
    HostSeen,
    MoveEnded,
    PlacementSeen,
    Recorded,
)
from engine.model.healing import DriftSeen, HealEnded
from engine.model.hook import HookState
from engine.model.hook_event import HookEnded
from engine.model.inventory import Domain, Environment, Host, Inventory, Limits, Team
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Reach, Sighting, Unit
from engine.model.release import Artifact, Catalog
from engine.model.service import Configuration, DriverName, Need, RolloutPolicy, Service
from engine.model.snapshot import Decide, Execute, Plan, RunHook, Snapshot
from engine.model.state import State
from engine.plan.care.drift import differences
from engine.plan.evolve import evolve
from engine.plan.planner import plan

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONFIGURATION = Configuration(DriverName.PROCESS, "interlock", "bin/run")
KNOWN = tuple(f"{major}.{minor}" for major in range(1, 6) for minor in range(3))


def service(
    name: str,
    *needs: tuple[str, str] | tuple[str, str, str],
    hosts: Iterable[str] | None = None,
    team: str = "team",
    rollout: RolloutPolicy | None = None,
    labels: Mapping[str, str] | None = None,
) -> Service:
    """A service on hosts of its own (two, unless told), needing (provider, version[, when])."""
    placed = tuple(hosts) if hosts is not None else (f"{name}-1", f"{name}-2")
    return Service(
        name,
        team,
        CONFIGURATION,
        {"prod": placed},
        needs=tuple(Need(*need) for need in needs),
        rollout=rollout or RolloutPolicy(),
        labels=labels or {},
    )


def estate(*services: Service, limits: Limits | None = None) -> Inventory:
    """An organization with one environment and exactly the hosts that are named."""
    hosts = sorted({host for each in services for host in each.hosts["prod"]})
    return Inventory(
        "acme",
        {"prod": Environment("prod")},
        {each.team: Team(each.team) for each in services},
        {"zone": Domain("zone")},
        {host: Host(host, host, "prod", "zone") for host in hosts},
        {each.name: each for each in services},
        limits=limits or Limits(),
    )


def catalog(inventory: Inventory, versions: Iterable[str] = KNOWN) -> Catalog:
    """The same versions known of every service."""
    return Catalog(
        {
            name: {v: Artifact(name, v, f"/artifacts/{name}-{v}.tar.gz", "0" * 64, 1, "tar.gz") for v in versions}
            for name in inventory.services
        }
    )


def seen(
    placement: PlacementId, version: str | None, health: Health = Health.PASSING, detail: str = ""
) -> PlacementSeen:
    """A sighting: running and healthy unless told."""
    unit = Unit.RUNNING if version else Unit.ABSENT
    return PlacementSeen(
        Sighting(placement, version, version, None, unit, health if version else Health.UNKNOWN, detail)
    )


@dataclass
class World:
    """A snapshot that moves on by events. ``elapsed_s`` and the wall clock run together."""

    inventory: Inventory
    catalog: Catalog
    state: State = field(default_factory=State)
    elapsed_s: float = 0.0
    seq: int = 0
    executing: set[str] = field(default_factory=set)
    draining: bool = False
    staging: set[str] = field(default_factory=set)
    hooks: list[RunHook] = field(default_factory=list)
    settled: Plan = field(default_factory=Plan)  # the last plan of ``settle``, which decided nothing

    @property
    def snapshot(self) -> Snapshot:
        """What the planner sees now."""
        return Snapshot(
            self.inventory,
            self.catalog,
            self.state,
            T0 + timedelta(seconds=self.elapsed_s),
            self.elapsed_s,
            frozenset(self.executing),
            self.draining,
            frozenset(self.staging),
        )

    def record(self, *events: Event) -> World:
        """Fold events in."""
        for event in events:
            self.seq += 1
            at = T0 + timedelta(seconds=self.elapsed_s)
            self.state = evolve(self.state, Recorded(self.seq, at, self.elapsed_s, event))
        return self

    def see(self, service: str, *versions: str | None, health: Health = Health.PASSING) -> World:
        """Each placement of a service seen at its version; one version stands for all."""
        placements = self.inventory.placements(InstanceId(service, "prod"))
        each = versions if len(versions) == len(placements) else versions * len(placements)
        return self.record(*(seen(p, v, health) for p, v in zip(placements, each, strict=True)))

    def drift(
        self, service: str, host: str, version: str | None = None, unit: Unit = Unit.STOPPED, sightings: int = 2
    ) -> PlacementId:
        """A placement is seen (twice, unless told) as it should not be: stopped, unless told."""
        placement, health = PlacementId(service, "prod", host), Health.PASSING if version else Health.FAILING
        release = version or (None if unit is Unit.ABSENT else self.state.deployed[placement].version)
        unit = Unit.RUNNING if version else unit
        self.record(PlacementSeen(Sighting(placement, version, release, None, unit, health)))
        self.record(DriftSeen(placement, differences(self.state, placement), sightings))
        return placement

    def deploy(self, on_failure: OnFailure = OnFailure.HOLD, kind: Kind = Kind.DEPLOY, **goals: str) -> Change:
        """Queue a change; the services' names have underscores for dashes."""
        items = tuple(
            Item(name, goal, self.inventory.services[name].configuration) for name, goal in sorted(goals.items())
        )
        number = self.state.next_change
        self.record(ChangeAccepted(Change(number, "prod", items, "ana", T0, on_failure=on_failure, kind=kind)))
        return self.state.changes[str(number)]

    def plan(self) -> Plan:
        """One plan, with nothing done about it."""
        return plan(self.snapshot)

    def settle(self) -> list[Execute]:
        """Plan and record the decisions until only acting is left; returns the acts to do. The
        hooks to run are added to ``hooks``."""
        found: list[Execute] = []
        for _ in range(50):
            before = self.seq
            self.settled = plan(self.snapshot, self.settled)
            for action in self.settled.actions:
                if isinstance(action, Decide):
                    self.record(action.event)
                elif isinstance(action, (Execute, RunHook)) and action.step not in self.executing:
                    if action.intent:
                        self.record(action.intent)
                    self.executing.add(action.step)
                    if isinstance(action, RunHook):
                        self.hooks.append(action)
                    else:
                        found.append(action)
            if self.seq == before:
                return found
        raise AssertionError("the planner does not settle")

    def finish(self, act: Execute, state: MoveState = MoveState.DONE, detail: str = "") -> World:
        """One act comes to its end; what is put back is seen healthy again."""
        where = act.placement
        self.executing.discard(act.step)
        if not act.change:
            self.record(HealEnded(where, act.step, state, detail))
            return self
        self.record(MoveEnded(act.change, where.service, where.host, act.step, state, detail))
        if state in (MoveState.REVERTED, MoveState.UNCONFIRMED):
            self.record(seen(where, act.origin))
        return self

    def hook(self, state: HookState = HookState.DONE, detail: str = "", log: tuple[str, ...] = ()) -> RunHook:
        """The first hook that is at work comes to its end."""
        act = self.hooks.pop(0)
        self.executing.discard(act.step)
        where = act.placement
        self.record(HookEnded(act.change, where.service, where.host, act.hook, act.step, state, detail, log))
        return act

    def run(self, limit: int = 200) -> list[Execute]:
        """Let everything succeed until nothing more is to be done; the acts, in order."""
        done: list[Execute] = []
        for _ in range(limit):
            acts = self.settle()
            if not acts:
                return done
            for act in acts:
                self.elapsed_s += 1
                self.finish(act)
                done.append(act)
        raise AssertionError("it never ends")

    def change(self, change: Change) -> Change:
        """The change as it is now."""
        return self.state.changes[change.id]


def world(*services: Service, limits: Limits | None = None, running: str | None = "1.0") -> World:
    """All hosts up and claimed, every service running one version, adopted."""
    inventory = estate(*services, limits=limits)
    made = World(inventory, catalog(inventory))
    made.record(EngineStarted("store", 1, "engine"))
    for host in inventory.hosts:
        made.record(HostSeen(host, Reach.UP, "boot", True))
    for name in inventory.services:
        made.see(name, running)
    made.settle()
    return made


def down(made: World, host: str) -> World:
    """A host stops answering."""
    return made.record(HostSeen(host, Reach.UNREACHABLE, "boot", False, "no route"))


def up(made: World, host: str) -> World:
    """A host answers again, and carries the claim."""
    return made.record(HostSeen(host, Reach.UP, "boot", True))


def without(made: World, service: str, version: str) -> World:
    """An artifact disappears."""
    by_service = {name: dict(known) for name, known in made.catalog.by_service.items()}
    by_service[service].pop(version)
    made.catalog = replace(made.catalog, by_service=by_service)
    return made
