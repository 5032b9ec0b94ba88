"""How long 500 queued changes on 1,000 services take: a full plan, a forecast, and a why, beside
networkx's topological sort of the same graph. Durations are learned, so that no two ends fall
together; six rollouts may run at once.
"""

from __future__ import annotations

import random
from dataclasses import replace

import networkx as nx

from engine.model.change import Change, Item
from engine.model.inventory import Limits
from engine.model.snapshot import Snapshot
from engine.plan.forecast import forecast
from engine.plan.planner import plan
from engine.plan.why import why
from tests.bench.planning import NEW, NOW, OLD, RUN, best_ms, estate

TITLE = "500 queued changes on 1,000 services: plan < 250 ms, forecast < 5,000 ms, why < 50 ms"
SERVICES, CHANGES = 1_000, 500


def queued() -> Snapshot:
    """The estate with its queue."""
    snapshot, chance = estate(SERVICES), random.Random(2)
    names = chance.sample(sorted(snapshot.inventory.services), CHANGES)
    changes = {
        str(n): Change(n, "prod", (Item(name, NEW, RUN, origin=OLD, origin_configuration=RUN),), "ana", NOW)
        for n, name in enumerate(names, 1)
    }
    instances = {
        key: replace(known, batch_s=tuple(20 * chance.lognormvariate(0, 0.3) for _ in range(5)))
        for key, known in snapshot.state.instances.items()
    }
    state = replace(snapshot.state, changes=changes, next_change=CHANGES + 1, instances=instances)
    return replace(snapshot, state=state, inventory=replace(snapshot.inventory, limits=Limits(rollouts=6)))


def measure() -> list[dict[str, float | str]]:
    """A row for each question."""
    snapshot = queued()
    graph = nx.DiGraph()
    graph.add_nodes_from(snapshot.inventory.services)
    graph.add_edges_from((n.provider, s.name) for s in snapshot.inventory.services.values() for n in s.needs)
    peer = best_ms(lambda: list(nx.lexicographical_topological_sort(graph)), 10)
    decided = plan(snapshot)
    assert len(forecast(snapshot).legs) == CHANGES
    last = str(CHANGES)
    return [
        {"question": name, "ms": round(took, 1), "networkx_ms": round(peer, 1), "ratio": round(took / peer, 1)}
        for name, took in (
            ("plan", best_ms(lambda: plan(snapshot), 5)),
            ("forecast", best_ms(lambda: forecast(snapshot), 2)),
            ("why a change", best_ms(lambda: why(snapshot, decided, last), 5)),
            ("why anything", best_ms(lambda: why(snapshot, decided, ""), 5)),
        )
    ]
