"""How long one cold plan takes, beside networkx's topological sort of the same graph.

Estates of 27, 1,000 and 10,000 services: three dependencies each, five placements each, a tenth
of the services with a change in the queue. A cold run plans from the snapshot alone, with nothing
kept from the run before; ``next_ms`` is the plan after one event (a service became ill), made with
the one before it. The minimum of several runs is what the machine can do.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import networkx as nx

from engine.model.change import Change, Item
from engine.model.event import PlacementSeen, Recorded
from engine.model.inventory import Domain, Environment, Host, Inventory, Team
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, HostState, Reach, Sighting, Unit
from engine.model.release import Artifact, Catalog
from engine.model.service import Amount, Configuration, DriverName, Need, RolloutPolicy, Service
from engine.model.snapshot import Snapshot
from engine.model.state import InstanceState, State
from engine.plan.evolve import evolve
from engine.plan.planner import plan

TITLE = "One cold plan (3 needs and 5 placements a service, 10% of them pending), against networkx"
SIZES = (27, 1_000, 10_000)
NEEDS, PLACEMENTS, PER_HOST = 3, 5, 10
OLD, NEW = "1.0.0", "1.1.0"
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
RUN = Configuration(DriverName.PROCESS, "interlock", "bin/serve")


def _inventory(size: int) -> Inventory:
    chance = random.Random(size)
    hosts = [f"h{n:05}" for n in range(max(PLACEMENTS, size * PLACEMENTS // PER_HOST))]
    services = {}
    for n in range(size):
        name = f"s{n:05}"
        providers = chance.sample(range(n), min(NEEDS, n))
        placed = tuple(hosts[(n * PLACEMENTS + k) % len(hosts)] for k in range(PLACEMENTS))
        needs = tuple(Need(f"s{p:05}", ">=1,<2") for p in sorted(providers))
        policy = RolloutPolicy(max_parallel=Amount(25, percent=True))
        services[name] = Service(name, f"team{n % 10}", RUN, {"prod": placed}, None, needs, policy)
    return Inventory(
        "bench",
        {"prod": Environment("prod")},
        {f"team{n}": Team(f"team{n}") for n in range(10)},
        {"zone": Domain("zone")},
        {name: Host(name, name, "prod", "zone") for name in hosts},
        services,
    )


def _state(inventory: Inventory, catalog: Catalog) -> State:
    pending = random.Random(1).sample(sorted(inventory.services), max(1, len(inventory.services) // 10))
    changes = {
        str(number): Change(number, "prod", (Item(name, NEW, RUN, origin=OLD, origin_configuration=RUN),), "ana", NOW)
        for number, name in enumerate(pending, 1)
    }
    assert all(catalog.find(name, NEW) for name in pending)
    instances = {
        InstanceId(name, "prod"): InstanceState(InstanceId(name, "prod"), OLD, RUN) for name in inventory.services
    }
    sightings = {
        placement: Sighting(placement, OLD, OLD, RUN.digest, Unit.RUNNING, Health.PASSING)
        for service in inventory.services.values()
        for placement in (PlacementId(service.name, "prod", host) for host in service.hosts["prod"])
    }
    hosts = {name: HostState(name, Reach.UP, "boot", fenced=True) for name in inventory.hosts}
    return State("bench", 1, "bench", 0.0, len(changes) + 1, "", instances, sightings, hosts, changes)


def estate(size: int) -> Snapshot:
    """An estate of so many services, the same every time."""
    inventory = _inventory(size)
    artifacts = {
        name: {version: Artifact(name, version, f"/{name}", "0" * 64, 1, "file") for version in (OLD, NEW)}
        for name in inventory.services
    }
    catalog = Catalog(artifacts)
    return Snapshot(inventory, catalog, _state(inventory, catalog), NOW, 0.0)


def one_later(snapshot: Snapshot) -> Snapshot:
    """A second later a placement of a service in the middle is seen to be ill."""
    placement = list(snapshot.state.sightings)[len(snapshot.state.sightings) // 2]
    ill = PlacementSeen(replace(snapshot.state.sightings[placement], health=Health.FAILING))
    now = snapshot.now + timedelta(seconds=1)
    return replace(snapshot, state=evolve(snapshot.state, Recorded(1, now, 1.0, ill)), now=now, elapsed_s=1.0)


def best_ms(job: Callable[[], object], runs: int) -> float:
    """The CPU time of the fastest of several runs, in milliseconds: others may load the machine."""
    best = float("inf")
    for _ in range(runs):
        gc.collect()
        begun = time.process_time()
        job()
        best = min(best, time.process_time() - begun)
    return best * 1000


def _sorted(graph: nx.DiGraph) -> list[object]:
    return list(nx.lexicographical_topological_sort(graph))


def measure() -> list[dict[str, float]]:
    """A row for each size: milliseconds, and the ratio to the peer."""
    rows = []
    for size in SIZES:
        snapshot = estate(size)
        graph = nx.DiGraph()
        graph.add_nodes_from(snapshot.inventory.services)
        graph.add_edges_from((n.provider, s.name) for s in snapshot.inventory.services.values() for n in s.needs)
        assert plan(snapshot).actions
        runs = 20 if size < SIZES[-1] else 5
        ours = best_ms(partial(plan, snapshot), runs)
        peer = best_ms(partial(_sorted, graph), runs)
        before, later = plan(snapshot), one_later(snapshot)
        assert plan(later, before) == plan(later)
        next_ms = best_ms(partial(plan, later, before), runs)
        rows.append(
            {
                "services": size,
                "plan_ms": round(ours, 2),
                "networkx_ms": round(peer, 2),
                "ratio": round(ours / peer, 2),
                "next_ms": round(next_ms, 2),
                "of cold": round(next_ms / ours, 3),
                "actions": len(plan(snapshot).actions),
                "waits": len(plan(snapshot).waits),
            }
        )
    return rows
