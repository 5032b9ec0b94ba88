"""The graph of services for the map: who needs whom, and in which column each belongs.

Layers are worked out on the engine's side, so that the console need not load a graph
library. Services that need each other in a circle share a layer.
"""

from __future__ import annotations

from collections import defaultdict

import networkx as nx

from engine.api.protocol import ExternalView, GraphView, ServiceView
from engine.api.times import when
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.observation import Health
from engine.model.release import Catalog
from engine.model.snapshot import Snapshot
from engine.model.text import printable
from engine.model.version import sort_key
from engine.plan.estate import Estate
from engine.plan.people.bad import bad_versions


def layers(inventory: Inventory) -> dict[str, int]:
    """Each service's layer: 0 needs nothing, any other is one above the highest it needs."""
    graph = nx.DiGraph()
    graph.add_nodes_from(sorted(inventory.services))
    for service in inventory.services.values():
        graph.add_edges_from((service.name, need.provider) for need in service.needs)
    condensed = nx.condensation(graph)
    found: dict[int, int] = {}
    for group in reversed(list(nx.topological_sort(condensed))):
        found[group] = max((found[below] + 1 for below in condensed.successors(group)), default=0)
    return {name: found[group] for name, group in condensed.graph["mapping"].items()}


def graph_view(snapshot: Snapshot) -> GraphView:
    """The whole graph, services by name."""
    inventory, estate = snapshot.inventory, Estate(snapshot)
    layer = layers(inventory)
    consumers: defaultdict[str, set[str]] = defaultdict(set)
    for service in inventory.services.values():
        for need in service.needs:
            consumers[need.provider].add(service.name)
    return {
        "organization": inventory.organization,
        "environments": list(inventory.environments),
        "externals": external_views(snapshot),
        "services": [_service(estate, name, layer[name], consumers[name]) for name in sorted(inventory.services)],
    }


def external_views(snapshot: Snapshot) -> list[ExternalView]:
    """The externals by name, and how each is."""
    return [_external(snapshot, name) for name in sorted(snapshot.inventory.externals)]


def _external(snapshot: Snapshot, name: str) -> ExternalView:
    seen, inventory = snapshot.state.externals.get(name), snapshot.inventory
    needing = (each for each in inventory.services.values() if name in {need.external for need in each.externals})
    return {
        "external": name,
        "owner": inventory.externals[name].owner,
        "health": seen.health.value if seen else Health.UNKNOWN.value,
        "detail": printable(seen.detail) if seen else "",
        "since": when(seen.since) if seen else None,
        "needed_by": sorted(each.name for each in needing),
    }


def _service(estate: Estate, name: str, layer: int, consumers: set[str]) -> ServiceView:
    inventory = estate.inventory
    service = inventory.services[name]
    return {
        "service": name,
        "team": service.team,
        "labels": dict(sorted(service.labels.items())),
        "needs": [
            {"provider": need.provider, "version": need.version, "when": need.when}
            for need in sorted(service.needs, key=lambda need: (need.provider, need.version, need.when))
        ],
        "externals": sorted({need.external for need in service.externals}),
        "needed_by": sorted(consumers),
        "layer": layer,
        "environments": [environment for environment in inventory.environments if service.hosts.get(environment)],
        "versions": [printable(version) for version in newest_first(inventory, estate.snapshot.catalog, name)],
        "bad": _bad(estate, name),
    }


def _bad(estate: Estate, service: str) -> dict[str, list[str]]:
    """The versions that are bad, by environment; none where there are none."""
    found: dict[str, list[str]] = {}
    for environment in estate.inventory.environments:
        bad = {printable(mark.version) for _, mark in bad_versions(estate, InstanceId(service, environment))}
        if bad and estate.inventory.services[service].hosts.get(environment):
            found[environment] = sorted(bad)
    return found


def newest_first(inventory: Inventory, catalog: Catalog, service: str) -> list[str]:
    """The versions known of a service, newest first."""
    scheme = inventory.services[service].scheme
    return sorted(catalog.versions(service), key=lambda version: sort_key(scheme, version), reverse=True)
