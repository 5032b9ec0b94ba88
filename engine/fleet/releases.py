"""What the sample organization can run: versions, their switches, which of them run when the
demo starts, and the pairs worth trying. Read from ``inventories/acme/releases.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

SAMPLE = "acme"


@dataclass(frozen=True, slots=True)
class ServiceReleases:
    """One service's versions (oldest first), the one running in each environment at the
    start, and the switches (see service/server.py) of those that misbehave."""

    service: str
    versions: tuple[str, ...]
    running: Mapping[str, str]
    switches: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two dependent releases to try together: ``first`` is ``provider``, ``consumer``, or
    ``lockstep`` where no order is safe."""

    consumer: str
    consumer_version: str
    provider: str
    provider_version: str
    first: str


@dataclass(frozen=True, slots=True)
class Releases:
    """All of it, services in the file's order."""

    services: Mapping[str, ServiceReleases]
    pairs: tuple[Pair, ...] = ()


def sample_folder() -> Traversable:
    """The folder of the sample organization, in the source tree or an installed wheel."""
    return resources.files("inventories").joinpath(SAMPLE)


def read_releases() -> Releases:
    """The releases of the sample organization."""
    data: dict[str, Any] = tomllib.loads(sample_folder().joinpath("releases.toml").read_text(encoding="utf-8"))
    services = {
        name: ServiceReleases(
            service=name,
            versions=tuple(entry["versions"]),
            running={"prod": entry["prod"], "staging": entry["staging"]},
            switches=entry.get("switches", {}),
        )
        for name, entry in data["services"].items()
    }
    return Releases(services, tuple(Pair(**pair) for pair in data["pairs"]))


def providers_first(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The services in an order in which every prefix is closed under ``needs``: providers
    come before their consumers, otherwise the order given is kept."""
    placed: list[str] = []
    rest = list(needs)
    while rest:
        ready = next((name for name in rest if set(needs[name]) <= set(placed)), rest[0])
        rest.remove(ready)
        placed.append(ready)
    return placed
