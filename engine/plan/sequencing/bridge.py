"""Bridges: where a change has no safe order, versions in between that accept both sides.

What is looked through are the versions known to be deployable (an artifact with a sum), for the
services caught in the lockstep; those that the inventory only lists (``known_versions``) come
into it when there is no other way. ``crossing`` does the search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import networkx as nx

from engine.model.names import InstanceId
from engine.model.version import sort_key
from engine.plan.estate import Estate
from engine.plan.people.bad import bad_versions
from engine.plan.sequencing.crossing import MAX_STATES, Bank, cross
from engine.plan.sequencing.sequence import Order, order
from engine.plan.sequencing.trials import Leg, Trials, Untried
from engine.plan.soaking import soaked


@dataclass(frozen=True, slots=True)
class Bridge:
    """``legs`` are its moves, none if there is no lockstep or none was found. ``gave_up``: none was
    found, and not every way was looked through."""

    legs: tuple[Leg, ...] = ()
    gave_up: bool = False


def bridge(estate: Estate, environment: str, goals: Mapping[str, str]) -> tuple[Leg, ...]:
    """The moves, one after the other, that bring the services of every lockstep among ``goals``
    (and those joined with them) to their goals, with the moves in earlier environments that soak
    asks for; none if there is no lockstep or no bridge."""
    return look_for_bridge(estate, environment, goals).legs


def look_for_bridge(estate: Estate, environment: str, goals: Mapping[str, str]) -> Bridge:
    """The same, and whether everything was looked through."""
    found = order(estate, environment, goals)
    if not found.locksteps:
        return Bridge()
    moving, gave_up = _joined(estate, goals, found), False
    for listed in (False, True):
        banks = _banks(estate, environment, moving, listed=listed)
        while True:
            crossing = cross(banks)
            gave_up = gave_up or crossing.gave_up
            if crossing.hops is None:
                break
            try:
                return Bridge(Trials(estate).walk(environment, crossing.hops))
            except Untried as untried:
                if moving.get(untried.service) == untried.version:
                    return Bridge(_untried(estate, environment, crossing.hops))
                banks = _without(banks, untried)
    return Bridge((), gave_up)


def none_found(gave_up: bool) -> str:
    """That there is no bridge, for people; or that not every way was looked through."""
    if not gave_up:
        return "no known versions bridge it in at most two steps"
    return (
        f"no bridge was found among the first {MAX_STATES:,} combinations of versions, and the search was given up: "
        "there may be one. Ask for fewer services at once, or deploy versions in between yourself"
    )


def _without(banks: tuple[Bank, ...], untried: Untried) -> tuple[Bank, ...]:
    """The same problem without a version that cannot be tried where it would have to soak."""
    return tuple(
        replace(bank, stones=tuple(stone for stone in bank.stones if stone[1] != untried.version))
        if bank.service == untried.service
        else bank
        for bank in banks
    )


def _joined(estate: Estate, goals: Mapping[str, str], found: Order) -> dict[str, str]:
    """The goals that dependencies join with a lockstep, in the order in which they would move."""
    graph = nx.Graph()
    graph.add_nodes_from(goals)
    graph.add_edges_from((name, other) for name in goals for other in estate.neighbours(name) if other in goals)
    caught = {name for group, _ in found.locksteps for name in group}
    joined = {name for part in nx.connected_components(graph) if part & caught for name in part}
    return {name: goals[name] for names in found.generations() for name in names if name in joined}


def _banks(estate: Estate, environment: str, moving: Mapping[str, str], *, listed: bool) -> tuple[Bank, ...]:
    """The services that move, and those beside them that stay."""
    beside = sorted({other for name in moving for other in estate.neighbours(name)} - set(moving))
    banks = []
    for name in (*moving, *beside):
        service = estate.service(name)
        start = estate.may_run(InstanceId(name, environment))
        goal = moving.get(name)
        stones: tuple[tuple[int, str], ...] = ()
        if goal is not None and start:
            stones = _stones(estate, InstanceId(name, environment), start, goal, listed=listed)
        banks.append(Bank(name, estate.scheme(name), service.needs if service else (), start, goal, stones))
    return tuple(banks)


def _stones(
    estate: Estate, instance: InstanceId, start: frozenset[str], goal: str, *, listed: bool
) -> tuple[tuple[int, str], ...]:
    """The versions to step on with their cost, cheapest first: how far out of the way they lie,
    counted in known versions, and one that has yet to soak elsewhere behind those that need not;
    the newest first where that is equal."""
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
        artifact = estate.snapshot.catalog.find(service, version)
        is_proven = soaked(estate, instance, version, artifact.sha256 if artifact else "")
        return from_start + abs(ranks[goal] - ranks[version]) + (0 if is_proven else len(ranks))

    bad = {mark.version for _, mark in bad_versions(estate, instance)}
    stones = [(detour(version), version) for version in known - start - bad - {goal}]
    return tuple(sorted(stones, key=lambda stone: (stone[0], -ranks[stone[1]])))


def _is_verified(estate: Estate, service: str, version: str) -> bool:
    artifact = estate.snapshot.catalog.find(service, version)
    return artifact is not None and bool(artifact.sha256)


def _untried(estate: Estate, environment: str, hops: tuple[tuple[str, str], ...]) -> tuple[Leg, ...]:
    """The moves without trials: what is wanted cannot be tried before, and will have to wait."""
    now: dict[str, str | None] = {}
    legs = []
    for service, goal in hops:
        running = estate.may_run(InstanceId(service, environment))
        origin = now.get(service, next(iter(running)) if len(running) == 1 else None)
        legs.append(Leg(environment, service, origin, goal))
        now[service] = goal
    return tuple(legs)
