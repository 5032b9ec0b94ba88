"""The sample organization at the size asked for: the whole of acme, a part of it that is closed
under dependencies, or acme with generated services added; on its own hosts or on as many as
were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from engine.errors import UsageError
from engine.fleet.releases import ServiceReleases, providers_first, read_releases, sample_folder

ZONES = ("eu-a", "us-b", "eu-c", "us-a", "eu-b", "us-c")
FIRST_PORT = 8101
MAX_SERVICES = 2000
MAX_HOSTS = 500
HOSTS_FILE = "hosts.yaml"
# What stays as written: everything that is not about single services or hosts.
ORGANIZATION_FILE = "organization.yaml"
ROLES_FILE = "roles.yaml"


@dataclass(frozen=True, slots=True)
class SampleHost:
    """A host of the sample, before it has an address."""

    name: str
    environment: str
    domain: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """The organization to write: ``services`` as in the inventory's YAML. ``verbatim``: it is
    acme as it ships, so its files can be copied with their comments."""

    services: Mapping[str, Mapping[str, Any]]
    releases: Mapping[str, ServiceReleases]
    hosts: tuple[SampleHost, ...]
    verbatim: bool


def compose(services: int | None = None, hosts: int | None = None) -> Sample:
    """The sample organization with ``services`` services on ``hosts`` hosts (None: its own).

    Fewer services than acme has are its first ones, providers before consumers; more are
    generated. Raises UsageError for numbers that make no organization.
    """
    if services is not None and not 1 <= services <= MAX_SERVICES:
        raise UsageError(f"--services takes 1 to {MAX_SERVICES}, not {services}")
    if hosts is not None and not 2 <= hosts <= MAX_HOSTS:
        raise UsageError(f"--hosts takes 2 (one of staging, one of prod) to {MAX_HOSTS}, not {hosts}")
    written = _written_services()
    releases = dict(read_releases().services)
    order = providers_first({name: [need["service"] for need in written[name].get("needs", ())] for name in releases})
    chosen = {name: written[name] for name in order[:services]}
    for number in range(len(order) + 1, (services or 0) + 1):
        name, entry, releases[name] = _generated(number, list(chosen))
        chosen[name] = entry
    placed = _own_hosts() if hosts is None else _plain_hosts(hosts)
    if hosts is not None or len(chosen) > len(order):
        chosen = {name: _placed(entry, index, placed) for index, (name, entry) in enumerate(chosen.items())}
    kept = tuple(host for host in placed if hosts is not None or _is_used(host, chosen))
    return Sample(
        services=chosen,
        releases={name: releases[name] for name in chosen},
        hosts=kept,
        verbatim=hosts is None and set(chosen) == set(order),
    )


def _written_services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = {}
    for file in sorted(sample_folder().iterdir(), key=lambda each: each.name):
        if file.name.endswith(".yaml"):
            services |= _read(file.name).get("services", {})
    return services


@cache
def _read(name: str) -> dict[str, Any]:
    text = sample_folder().joinpath(name).read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # plain text scalars only
    return document


def _own_hosts() -> tuple[SampleHost, ...]:
    return tuple(
        SampleHost(name, entry["environment"], entry["domain"], entry["labels"])
        for name, entry in _read(HOSTS_FILE)["hosts"].items()
    )


def _plain_hosts(count: int) -> tuple[SampleHost, ...]:
    """A quarter in staging, the rest in prod, spread over the zones."""
    staging = max(1, count // 4)
    return tuple(
        SampleHost(f"{environment}-{ZONES[i % 6]}{i // 6 + 1}", environment, ZONES[i % 6], {"pool": environment})
        for environment, total in (("prod", count - staging), ("staging", staging))
        for i in range(total)
    )


def _placed(entry: Mapping[str, Any], index: int, hosts: tuple[SampleHost, ...]) -> dict[str, Any]:
    """The service on two hosts of prod (neighbours lie in different regions), one of staging."""
    by_environment: dict[str, list[str]] = {}
    for host in hosts:
        by_environment.setdefault(host.environment, []).append(host.name)
    prod, staging = by_environment["prod"], by_environment["staging"]
    pair = sorted({prod[index * 2 % len(prod)], prod[(index * 2 + 1) % len(prod)]})
    return {**entry, "placement": {"prod": {"hosts": pair}, "staging": {"hosts": [staging[index % len(staging)]]}}}


def _is_used(host: SampleHost, services: Mapping[str, Mapping[str, Any]]) -> bool:
    wanted = [entry["placement"].get(host.environment, {}) for entry in services.values()]
    return any(
        host.name in place["hosts"]
        if "hosts" in place
        else place and all(host.labels.get(key) == value for key, value in place.items())
        for place in wanted
    )


def _generated(number: int, earlier: list[str]) -> tuple[str, dict[str, Any], ServiceReleases]:
    """A made-up service that needs two earlier ones, one of them made up too where possible."""
    name = f"svc-{number:04d}"
    port = FIRST_PORT + number - 1
    needs = sorted({earlier[number * 7 % len(earlier)], earlier[-1 - number * 3 % min(9, len(earlier))]})
    pattern = _read("edge.yaml")["services"]["storefront"]
    entry = {
        **pattern,
        "team": sorted(_read(ORGANIZATION_FILE)["teams"])[number % 10],
        "labels": {"tier": "3"},
        "artifact": {"path": f"artifacts/{name}-{{version}}.tar.gz", "sha256": "artifacts/SHA256SUMS"},
        "command": f"bin/{name} --listen {{address}}:{port}",
        "needs": [{"service": provider} for provider in needs],
        "health": {
            **pattern["health"],
            "http": f"http://{{address}}:{port}/healthz",
            "version": f"http://{{address}}:{port}/version",
        },
    }
    releases = ServiceReleases(name, ("1.0.0", "1.1.0", "1.2.0"), {"prod": "1.0.0", "staging": "1.1.0"})
    return name, entry, releases
