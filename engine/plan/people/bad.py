"""Versions that must not be deployed: bad in an environment, and so in those after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.model.decision import VersionMarkedBad
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.snapshot import Decide
from engine.model.state import Bad
from engine.model.text import first_line
from engine.model.version import sort_key
from engine.plan.estate import Estate

SHOWN = 5


def environments_up_to(inventory: Inventory, environment: str) -> Iterator[str]:
    """An environment, then the one it comes after, and so on to the first."""
    seen: set[str] = set()
    while environment and environment not in seen:
        seen.add(environment)
        yield environment
        known = inventory.environments.get(environment)
        environment = known.after if known else ""


def bad_versions(estate: Estate, instance: InstanceId) -> tuple[tuple[InstanceId, Bad], ...]:
    """Every version that is bad here, with the instance where it was found to be so."""
    return tuple(
        (where, bad)
        for environment in environments_up_to(estate.inventory, instance.environment)
        for where in [instance._replace(environment=environment)]
        for bad in estate.known(where).bad
    )


def bad_mark(estate: Estate, instance: InstanceId, version: str) -> tuple[InstanceId, Bad] | None:
    """Where and why a version is bad for an instance; None if it is not."""
    return next((found for found in bad_versions(estate, instance) if found[1].version == version), None)


def is_bad(estate: Estate, instance: InstanceId, version: str) -> bool:
    """Whether a version must not be deployed to an instance."""
    return bad_mark(estate, instance, version) is not None


def sentence(instance: InstanceId, bad: Bad) -> str:
    """A mark in words: what, where, why and by whom."""
    by = "" if bad.by == "interlock" else f" (says {bad.by})"
    return f"{instance.service} {bad.version} is bad in {instance.environment}{by}: {first_line(bad.reason)}"


def near_good(estate: Estate, instance: InstanceId, version: str) -> tuple[str, ...]:
    """The known versions nearest to ``version`` that are verified and not bad, nearest first;
    of two equally near ones the newer."""
    name = instance.service
    scheme = estate.scheme(name)
    bad = {mark.version for _, mark in bad_versions(estate, instance)}
    known = [v for v in estate.snapshot.catalog.versions(name) if v not in bad and _is_verified(estate, name, v)]
    ordered = sorted({*known, version}, key=lambda v: sort_key(scheme, v))
    rank = {v: place for place, v in enumerate(ordered)}
    return tuple(
        sorted((v for v in known if v != version), key=lambda v: (abs(rank[v] - rank[version]), -rank[v]))[:SHOWN]
    )


def _is_verified(estate: Estate, service: str, version: str) -> bool:
    artifact = estate.snapshot.catalog.find(service, version)
    return artifact is not None and bool(artifact.sha256)


def mark(estate: Estate, instance: InstanceId, version: str, reason: str, change: str) -> Iterable[Decide]:
    """The decision that a version is bad because it failed here; none if that is known."""
    if not any(known.version == version for known in estate.known(instance).bad):
        yield Decide(VersionMarkedBad(instance, version, first_line(reason), "interlock", change))
