"""Bridges: where a change has no safe order, versions in between that accept both sides.

What is looked through are the versions known to be deployable (an artifact with a sum), for the
services caught in the lockstep; those that the inventory only lists (``known_versions``) come
into it when there is no other way. ``crossing`` does the search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx

from engine.model.names import InstanceId
from engine.model.version import sort_key
from engine.plan.bad import bad_versions
from engine.plan.crossing import Bank, cross
from engine.plan.estate import Estate
from engine.plan.sequence import Order, order


@dataclass(frozen=True, slots=True)
class Leg:
    """One move of a bridge; ``origin`` None: nothing runs, or several versions do."""

    environment: str
    service: str
    origin: str | None
    goal: str


def bridge(estate: Estate, environment: str, goals: Mapping[str, str]) -> tuple[Leg, ...]:
    """The moves, one after the other, that bring the services of every lockstep among ``goals``
    (and those joined with them) to their goals; none if there is no lockstep or no bridge."""
    found = order(estate, environment, goals)
    if not found.locksteps:
        return ()
    moving = _joined(estate, goals, found)
    for listed in (False, True):
        hops = cross(_banks(estate, environment, moving, found, listed=listed))
        if hops is not None:
            return _legs(estate, environment, hops)
    return ()


def _joined(estate: Estate, goals: Mapping[str, str], found: Order) -> dict[str, str]:
    """The goals that dependencies join with a lockstep, in the order in which they would move."""
    graph = nx.Graph()
    graph.add_nodes_from(goals)
    graph.add_edges_from((name, other) for name in goals for other in estate.neighbours(name) if other in goals)
    caught = {name for group, _ in found.locksteps for name in group}
    joined = {name for part in nx.connected_components(graph) if part & caught for name in part}
    return {name: goals[name] for names in found.generations() for name in names if name in joined}


def _banks(
    estate: Estate, environment: str, moving: Mapping[str, str], found: Order, *, listed: bool
) -> tuple[Bank, ...]:
    """The services that move, and those beside them that stay."""
    beside = sorted({other for name in moving for other in estate.neighbours(name)} - set(moving))
    banks = []
    for name in (*moving, *beside):
        service = estate.service(name)
        start = estate.may_run(InstanceId(name, environment))
        goal = moving.get(name)
        stones: tuple[tuple[int, str], ...] = ()
        if goal is not None and start and found.lockstep_of(name):
            stones = _stones(estate, InstanceId(name, environment), start, goal, listed=listed)
        banks.append(Bank(name, estate.scheme(name), service.needs if service else (), start, goal, stones))
    return tuple(banks)


def _stones(
    estate: Estate, instance: InstanceId, start: frozenset[str], goal: str, *, listed: bool
) -> tuple[tuple[int, str], ...]:
    """The versions to step on with their cost, cheapest first: how far out of the way they lie,
    counted in known versions; the newest first where that is equal."""
    service = instance.service
    scheme = estate.scheme(service)
    known = {version for version in estate.snapshot.catalog.versions(service) if _is_verified(estate, service, version)}
    if listed:
        declared = estate.service(service)
        known |= set(declared.known_versions if declared else ())
    ranks = {
        version: rank
        for rank, version in enumerate(sorted(known | start | {goal}, key=lambda version: sort_key(scheme, version)))
    }

    def detour(version: str) -> int:
        from_start = max(abs(ranks[version] - ranks[old]) for old in start)
        return from_start + abs(ranks[goal] - ranks[version])

    bad = {mark.version for _, mark in bad_versions(estate, instance)}
    stones = [(detour(version), version) for version in known - start - bad - {goal}]
    return tuple(sorted(stones, key=lambda stone: (stone[0], -ranks[stone[1]])))


def _is_verified(estate: Estate, service: str, version: str) -> bool:
    artifact = estate.snapshot.catalog.find(service, version)
    return artifact is not None and bool(artifact.sha256)


def _legs(estate: Estate, environment: str, hops: tuple[tuple[str, str], ...]) -> tuple[Leg, ...]:
    now: dict[str, str | None] = {}
    legs = []
    for service, goal in hops:
        if service not in now:
            running = estate.may_run(InstanceId(service, environment))
            now[service] = next(iter(running)) if len(running) == 1 else None
        legs.append(Leg(environment, service, now[service], goal))
        now[service] = goal
    return tuple(legs)
