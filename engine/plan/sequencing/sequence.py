"""The interlocking: which of several pending moves must go before which.

For every dependency (consumer u, provider v) between pending moves: v goes first if new u is
not satisfied by some old v; u goes first if some old u is not satisfied by new v. A cycle of
these is a lockstep: no order is safe. Where neither is forced, providers go first (consumers
first when both go back to older versions), which is dropped where it would close a cycle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from engine.model.names import InstanceId
from engine.model.service import Need
from engine.model.version import is_downgrade
from engine.plan.estate import Estate


@dataclass(frozen=True, slots=True)
class Clash:
    """A consumer's version that would run beside a provider's version that it refuses."""

    consumer: str
    consumer_version: str
    provider: str
    provider_version: str
    need: Need

    def sentence(self) -> str:
        """The clash in words."""
        when = f" (when {self.consumer} {self.need.when})" if self.need.when else ""
        return (
            f"{self.consumer} {self.consumer_version} needs {self.provider} {self.need.version}{when} "
            f"and would run beside {self.provider} {self.provider_version}"
        )


@dataclass(frozen=True, slots=True)
class Order:
    """``before[s]``: the services that must or should move before ``s``, with the clash that
    forces it (None: preference only). ``locksteps``: groups that have no safe order, with the
    clashes that show it."""

    before: Mapping[str, Mapping[str, Clash | None]]
    locksteps: tuple[tuple[tuple[str, ...], tuple[Clash, ...]], ...] = ()

    def lockstep_of(self, service: str) -> tuple[tuple[str, ...], tuple[Clash, ...]] | None:
        """The lockstep a service is caught in, if any."""
        return next((lock for lock in self.locksteps if service in lock[0]), None)

    def generations(self) -> list[list[str]]:
        """Services that may roll together, first to last; the members of a lockstep share one."""
        graph = nx.DiGraph()
        graph.add_nodes_from(sorted(self.before))
        graph.add_edges_from((first, then) for then, firsts in self.before.items() for first in firsts)
        condensed = nx.condensation(graph)
        return [
            sorted(name for group in generation for name in condensed.nodes[group]["members"])
            for generation in nx.topological_generations(condensed)
        ]


def order(estate: Estate, environment: str, goals: Mapping[str, str], blocked: Iterable[str] = ()) -> Order:
    """The order among pending moves of one environment.

    ``goals`` maps each service that is to move to its new version. Services in ``blocked``
    wait for something else: they force what they must, and are preferred to nobody.
    """
    old = {name: estate.may_run(InstanceId(name, environment)) for name in goals}
    forced = nx.DiGraph()
    forced.add_nodes_from(sorted(goals))
    wishes: list[tuple[str, str]] = []
    stuck = frozenset(blocked)
    for consumer, provider in _pairs(estate, goals):
        edges = _forced(estate, consumer, provider, goals, old)
        for first, then, clash in edges:
            forced.add_edge(first, then, clash=clash)
        if not edges and not stuck & {consumer, provider}:
            wishes.append(_preferred(estate, consumer, provider, goals, old))
    locksteps = _locksteps(forced)
    graph = forced.copy()
    for first, then in sorted(wishes):
        if not nx.has_path(graph, then, first):
            graph.add_edge(first, then, clash=None)
    before = {name: {first: graph[first][name]["clash"] for first in sorted(graph.pred[name])} for name in graph}
    return Order(before, locksteps)


def stopped_in(estate: Estate, environment: str, goals: Mapping[str, str], group: Iterable[str]) -> tuple[str, ...]:
    """The services of a lockstep to stop so that the others have a safe order: every consumer whose
    versions force an order on it. Among those left nobody needs anybody."""
    inside = {name: goals[name] for name in group}
    old = {name: estate.may_run(InstanceId(name, environment)) for name in inside}
    pairs = _pairs(estate, inside)
    return tuple(sorted({consumer for consumer, provider in pairs if _forced(estate, consumer, provider, inside, old)}))


def clash_of(
    estate: Estate, consumer: str, versions: Collection[str], provider: str, provider_versions: Collection[str]
) -> Clash | None:
    """The first pair of these versions that must not run side by side; None if all may."""
    found: Clash | None = None
    for version in versions:
        for beside in provider_versions:
            need = estate.violated(consumer, version, provider, beside)
            if need and (not found or (version, beside) < (found.consumer_version, found.provider_version)):
                found = Clash(consumer, version, provider, beside, need)
    return found


def _pairs(estate: Estate, goals: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (consumer, provider)
        for consumer in sorted(goals)
        for provider in estate.providers(consumer)
        if provider in goals and provider != consumer
    ]


def _forced(
    estate: Estate, consumer: str, provider: str, goals: Mapping[str, str], old: Mapping[str, frozenset[str]]
) -> list[tuple[str, str, Clash]]:
    """The edges (first, then, why) that versions force between the two."""
    if clash_of(estate, consumer, old[consumer], provider, old[provider]):
        return []  # broken before: it imposes no order
    edges: list[tuple[str, str, Clash]] = []
    clash = clash_of(estate, consumer, [goals[consumer]], provider, old[provider] - {goals[provider]})
    if clash:
        edges.append((provider, consumer, clash))
    clash = clash_of(estate, consumer, old[consumer] - {goals[consumer]}, provider, [goals[provider]])
    if clash:
        edges.append((consumer, provider, clash))
    return edges


def _preferred(
    estate: Estate, consumer: str, provider: str, goals: Mapping[str, str], old: Mapping[str, frozenset[str]]
) -> tuple[str, str]:
    back = all(
        old[name] and all(is_downgrade(estate.scheme(name), version, goals[name]) for version in old[name])
        for name in (consumer, provider)
    )
    return (consumer, provider) if back else (provider, consumer)


def _locksteps(forced: nx.DiGraph) -> tuple[tuple[tuple[str, ...], tuple[Clash, ...]], ...]:
    found = []
    for members in nx.strongly_connected_components(forced):
        if len(members) > 1:
            inside = forced.subgraph(members)
            clashes = tuple(data["clash"] for _, _, data in sorted(inside.edges(data=True), key=lambda e: e[:2]))
            found.append((tuple(sorted(members)), clashes))
    return tuple(sorted(found))
