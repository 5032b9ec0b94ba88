"""Findings about who needs whom, and where both run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import networkx as nx

from engine.hygiene.rule import Remark
from engine.model.inventory import Inventory
from engine.model.release import Catalog
from engine.model.service import Service

MAX_NAMED = 6
FEW = 3  # so many findings of one kind say each what is wrong; more are one decision, told once


def cycles(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Groups of services that need each other, directly or through others."""
    graph = nx.DiGraph()
    graph.add_nodes_from(inventory.services)
    for service in inventory.services.values():
        graph.add_edges_from((service.name, need.provider) for need in service.needs)
    for group in sorted(sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1):
        path = _round_trip(graph.subgraph(group), group[0])
        others = len(group) - len(path) + 1
        more = f" (and {others} more)" if others else ""
        yield Remark(
            f"services.{path[0]}.needs.{_index_of(inventory.services[path[0]], path[1])}",
            f"{' -> '.join(path)}{more} need each other: some upgrades have no safe order, because each side may need "
            "the other to go first. Move what both need into a third service, or drop one of these needs",
        )


def single_points(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """One placement, where others depend on it. An environment in which everything has one only was
    meant so: that is told once, of the environment."""
    consumers, small = _consumers(inventory), one_of_each(inventory)
    for environment in sorted(small):
        names = sorted(service.name for service in inventory.services.values() if service.hosts.get(environment))
        yield Remark(
            f"environments.{environment}",
            f"every service in {environment} runs on one host only ({_listed(names)}): every rollout, and every fault "
            "of a host or its domain, is an outage there of what needs it. Fit for a rehearsal; else place each on a "
            "second host, best in another domain",
        )
    for service in inventory.services.values():
        for environment, hosts in service.hosts.items():
            dependents = [name for name in consumers.get(service.name, ()) if _runs_in(inventory, name, environment)]
            if len(hosts) == 1 and dependents and environment not in small:
                yield Remark(
                    f"services.{service.name}.placement",
                    f"{service.name} runs only on {hosts[0]} in {environment}, and {_listed(dependents)} "
                    f"need{'s' if len(dependents) == 1 else ''} it: every rollout of it, and every fault of that host, "
                    "is an outage there. Place it on a second host, best in another domain",
                )


def across_domains(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Consumers in a failure domain that holds no placement of what they need. Where the loss of
    another domain stops them, each is a finding. What they need may lose any one of its domains and
    has a placement in the same outer domain (another zone of the region), or has but one host in all:
    that was meant so, and is told once, of the environment."""
    small = one_of_each(inventory)
    meant: dict[str, list[str]] = {}
    for service in inventory.services.values():
        for provider, index in _first_needs(service).items():
            apart: list[str] = []
            for environment in service.hosts:
                there = _domains(inventory, provider, environment)
                without = sorted(_domains(inventory, service.name, environment) - there) if there else []
                alone = [domain for domain in without if not _is_spread_around(inventory, domain, there)]
                if alone and environment not in small:
                    apart.append(f"{_listed(alone)} of {environment} (it has {_listed(sorted(there))})")
                elif without:
                    meant.setdefault(environment, []).append(f"{service.name} -> {provider}")
            if apart:
                yield Remark(
                    f"services.{service.name}.needs.{index}",
                    f"{service.name} runs where {provider} does not, in {' and in '.join(apart)}: it fails when either "
                    f"domain does. Place {provider} there too, or {service.name} only beside it",
                )
    for environment, pairs in sorted(meant.items()):
        cross = "1 dependency crosses" if len(pairs) == 1 else f"{len(pairs)} dependencies cross"
        yield Remark(
            f"environments.{environment}",
            f"in {environment}, {cross} failure domains ({_listed(sorted(pairs))}): the consumer runs in a domain "
            "that has no placement of its provider, and fails when the way between the two does. Fit for zones that "
            "are near each other; else place the provider in every domain of its consumers",
        )


def _domains(inventory: Inventory, service: str, environment: str) -> frozenset[str]:
    """The failure domains in which a service has placements."""
    declared = inventory.services.get(service)
    return frozenset(inventory.hosts[host].domain for host in (declared.hosts.get(environment, ()) if declared else ()))


def one_of_each(inventory: Inventory) -> frozenset[str]:
    """The environments in which more than a few services are placed, and each on one host only."""
    placed: dict[str, list[int]] = {}
    for service in inventory.services.values():
        for environment, hosts in service.hosts.items():
            if hosts:
                placed.setdefault(environment, []).append(len(hosts))
    return frozenset(name for name, counts in placed.items() if len(counts) > FEW and max(counts) == 1)


def _is_spread_around(inventory: Inventory, domain: str, there: frozenset[str]) -> bool:
    """Whether what is placed in ``there`` survives the loss of one of them, and is near ``domain``."""
    return len(there) > 1 and any(_outermost(inventory, other) == _outermost(inventory, domain) for other in there)


def _outermost(inventory: Inventory, domain: str) -> str:
    while (known := inventory.domains.get(domain)) is not None and known.parent:
        domain = known.parent
    return domain


def placed_nowhere(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Services that no host carries."""
    for service in inventory.services.values():
        if not any(service.hosts.values()):
            yield Remark(
                f"services.{service.name}.placement",
                f"{service.name} is placed on no host: it can be neither deployed nor observed. Give it a placement "
                "that matches the labels of a host, or remove it",
            )


def exempt_from_soak(inventory: Inventory, _catalog: Catalog) -> Iterator[Remark]:
    """Services that go to an environment without being proven in the one before it."""
    for environment in inventory.environments.values():
        for service in inventory.services.values() if environment.after else ():
            if service.hosts.get(environment.name) and not service.hosts.get(environment.after):
                yield Remark(
                    f"services.{service.name}.placement",
                    f"{service.name} has no placement in {environment.after}: its releases come to {environment.name} "
                    f"without having been tried anywhere. Place it in {environment.after} too",
                )


def _consumers(inventory: Inventory) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for service in inventory.services.values():
        for provider in _first_needs(service):
            found.setdefault(provider, []).append(service.name)
    return found


def _first_needs(service: Service) -> Mapping[str, int]:
    """The providers of a service, each with the index of the first need that names it."""
    found: dict[str, int] = {}
    for index, need in enumerate(service.needs):
        found.setdefault(need.provider, index)
    return found


def _index_of(service: Service, provider: str) -> int:
    return _first_needs(service)[provider]


def _runs_in(inventory: Inventory, service: str, environment: str) -> bool:
    return bool(inventory.services[service].hosts.get(environment))


def _round_trip(group: nx.DiGraph, start: str) -> list[str]:
    """A shortest way from ``start`` through its group and back."""
    back = min(sorted(group.predecessors(start)), key=lambda last: nx.shortest_path_length(group, start, last))
    return [*nx.shortest_path(group, start, back), start]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:MAX_NAMED])
    return shown if len(names) <= MAX_NAMED else f"{shown} and {len(names) - MAX_NAMED} more"
