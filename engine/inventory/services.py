"""Services, with everything they name resolved: team, placement, artifact, unit file, needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from engine.inventory.artifacts import make_source
from engine.inventory.domain_order import check_domain_order
from engine.inventory.driving import DEFAULT_BASE, check_driver, make_container, make_script
from engine.inventory.estate import Estate
from engine.inventory.faults import Faults, dotted, quote
from engine.inventory.files import absolute, read_text
from engine.inventory.hook_entries import check_hooks, check_secrets, make_hooks, make_secrets
from engine.inventory.node import Entry, Listing, Node, Table, child, table_of
from engine.inventory.placement import Placer
from engine.inventory.reading import Read, is_blank, read_section
from engine.inventory.scalars import problem_with_name
from engine.inventory.service_entries import HealthEntry, NeedEntry, ServiceEntry
from engine.model.external import ExternalNeed
from engine.model.inventory import Position
from engine.model.service import (
    Configuration,
    DriverName,
    Heal,
    HealthCheck,
    Need,
    RolloutPolicy,
    Service,
)
from engine.model.version import Scheme, problem_with, problem_with_constraint

MAX_UNIT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Draft:
    """A service before its needs are checked against those of others."""

    service: Service
    read: Read[ServiceEntry]
    needs: tuple[Read[NeedEntry], ...]


class _Split(NamedTuple):
    """A service's node without its needs, and each of these: they are read one by one, so
    that a fault in one hides nothing in the next."""

    rest: Node
    needs: tuple[Node, ...]


def read_services(document: Table, estate: Estate, faults: Faults) -> dict[str, Service]:
    """Every service that could be read; faults are noted."""
    section = document.entries.get("services")
    if section is None or is_blank(section.value):
        return {}
    if not isinstance(section.value, Table):
        faults.add(Position(section.file, section.line), "type", "services: expected a mapping of keys, one a service")
        return {}
    placer = Placer(estate, faults)
    drafts: dict[str, _Draft] = {}
    for name, entry in section.value.entries.items():
        draft = _draft(name, entry, estate, placer, faults)
        if draft is not None:
            drafts[name] = draft
    declared = section.value.entries
    made = {name: _with_needs(draft, drafts, declared, faults) for name, draft in sorted(drafts.items())}
    externals = table_of(child(document, "externals"))
    for draft in drafts.values():
        for need in draft.needs:
            if need.value.external is not None and need.value.external not in externals:
                faults.unknown(need.at("external"), need.name("external"), "external", need.value.external, externals)
    return made


def _draft(name: str, entry: Entry, estate: Estate, placer: Placer, faults: Faults) -> _Draft | None:
    here, path = Position(entry.file, entry.line), ("services", name)
    wrong = problem_with_name(name)
    if wrong or not name[:1].isalpha():
        faults.add(here, "name", f"{dotted(*path)}: {wrong or 'the name of a service begins with a letter'}")
    split = _split(entry.value)
    read = read_section(ServiceEntry, split.rest, here, path, faults)
    if read is None:
        return None
    if "team" not in read.unread and read.value.team not in estate.declared_teams:
        faults.unknown(read.at("team"), read.name("team"), "team", read.value.team, estate.declared_teams)
    placement = child(entry.value, "placement")
    hosts = placer.place(placement, (*path, "placement"), read.at("placement")) if placement is not None else {}
    needs = tuple(
        need
        for index, node in enumerate(split.needs)
        if (need := read_section(NeedEntry, node, Position(node.file, node.line), (*path, "needs", index), faults))
    )
    check_domain_order(read, estate, faults)
    service = Service(
        name=name,
        team=read.value.team,
        configuration=_configuration(read, estate, faults),
        hosts=hosts,
        artifact=make_source(name, read.value.artifact, read, faults),
        rollout=_rollout(read.value),
        scheme=Scheme(read.value.versions),
        labels=dict(read.value.labels),
        known_versions=_known_versions(read, faults),
        soak_s=read.value.soak,
        heal=Heal(read.value.heal),
        keep_releases=read.value.keep_releases,
    )
    return _Draft(service, read, needs)


def _known_versions(read: Read[ServiceEntry], faults: Faults) -> tuple[str, ...]:
    scheme = Scheme(read.value.versions)
    for index, version in enumerate(read.value.known_versions):
        wrong = problem_with(scheme, version)
        if wrong:
            at, key = read.at("known_versions", index), read.name("known_versions", index)
            faults.add(at, "value", f"{key}: {quote(version)} {wrong}")
    return tuple(read.value.known_versions)


def _split(node: Node) -> _Split:
    needs = child(node, "needs")
    if not isinstance(node, Table) or not isinstance(needs, Listing):
        return _Split(node, ())
    rest = {key: entry for key, entry in node.entries.items() if key != "needs"}
    return _Split(Table(rest, node.file, node.line), tuple(needs.items))


def _configuration(read: Read[ServiceEntry], estate: Estate, faults: Faults) -> Configuration:
    entry, hooks = read.value, make_hooks(read.value.hooks)
    check_hooks(read, hooks, estate.hosts, faults)
    check_secrets(read, entry.secrets, entry.environment_variables, faults)
    driver = DriverName(entry.driver)
    if "driver" not in read.unread:
        check_driver(read, driver, faults)
    return Configuration(
        driver=driver,
        base=entry.base.rstrip("/") or DEFAULT_BASE[driver],
        command=entry.command,
        unit=_unit(read, faults) if read.has("unit") else "",
        user=entry.user,
        variables=dict(entry.environment_variables),
        health=_health(entry.health),
        hooks=hooks,
        secrets=make_secrets(entry.secrets, read.at("secrets").file),
        container=make_container(entry) if driver is DriverName.CONTAINER else None,
        script=make_script(entry) if driver is DriverName.SCRIPT else None,
    )


def _unit(read: Read[ServiceEntry], faults: Faults) -> str:
    """The text of a unit file of the user's own."""
    path = absolute(read.value.unit, os.path.dirname(read.at("unit").file))
    text = read_text(Path(path), read.at("unit"), faults, MAX_UNIT_BYTES)
    if text is not None and ("\0" in text or "[Service]" not in text):
        message = f"{read.name('unit')}: {quote(read.value.unit)} is no systemd unit: it has no [Service] section"
        faults.add(read.at("unit"), "value", message)
    return text or ""


def _health(entry: HealthEntry | None) -> HealthCheck:
    if entry is None:
        return HealthCheck()
    return HealthCheck(
        http=entry.http,
        tcp=entry.tcp,
        command=tuple(entry.command),
        version=entry.version,
        interval_s=entry.interval,
        timeout_s=entry.timeout,
        passes=entry.passes,
    )


def _rollout(service: ServiceEntry) -> RolloutPolicy:
    entry = service.rollout
    return RolloutPolicy(
        max_parallel=entry.max_parallel,
        min_healthy_time_s=entry.min_healthy_time,
        healthy_deadline_s=entry.healthy_deadline,
        progress_deadline_s=entry.progress_deadline,
        confirm_timeout_s=entry.confirm_timeout,
        auto_revert=entry.auto_revert,
        canary=entry.canary,
        auto_promote=entry.auto_promote,
        bake_s=entry.bake,
        domain_order=tuple(entry.domain_order),
        first_domain_bake_s=entry.first_domain_bake,
        max_unavailable=entry.max_unavailable,
        max_failures=entry.max_failures,
        prestage=entry.prestage if service.prestage is None else service.prestage,
    )


def _with_needs(draft: _Draft, drafts: Mapping[str, _Draft], declared: Mapping[str, Entry], faults: Faults) -> Service:
    needs = [_need(draft, need, drafts, declared, faults) for need in draft.needs if need.value.service is not None]
    others = [need for need in draft.needs if need.value.external is not None]
    for read in others:
        _check_constraint(read, "when", read.value.when, draft.service, faults)
    return replace(
        draft.service,
        needs=tuple(need for need in needs if need is not None),
        externals=tuple(ExternalNeed(str(read.value.external), read.value.when.strip()) for read in others),
    )


def _need(
    draft: _Draft,
    read: Read[NeedEntry],
    drafts: Mapping[str, _Draft],
    declared: Mapping[str, Entry],
    faults: Faults,
) -> Need | None:
    """One need, checked against the provider: it exists, orders its versions so, and runs
    wherever the consumer does."""
    entry, consumer = read.value, draft.service
    _check_constraint(read, "when", entry.when, consumer, faults)
    if entry.service is None or "service" in read.unread:
        return None
    if entry.service == consumer.name:
        faults.add(read.at("service"), "conflict", f"{read.name('service')}: a service cannot need itself")
    elif entry.service not in declared:
        faults.unknown(read.at("service"), read.name("service"), "service", entry.service, declared)
    elif entry.service in drafts:
        provider = drafts[entry.service]
        _check_constraint(read, "version", entry.version, provider.service, faults)
        # Where a placement has a fault of its own, what it lacks would be a second report of it.
        for environment in consumer.hosts if provider.service.hosts else ():
            if environment not in provider.service.hosts:
                message = (
                    f"{read.name()}: {consumer.name} is placed in {environment} and needs {entry.service},"
                    f" which has no placement there; place it, or move {consumer.name}"
                )
                faults.add(read.at(), "placement", message)
    return Need(entry.service, entry.version.strip(), entry.when.strip())


def _check_constraint(read: Read[NeedEntry], key: str, text: str, owner: Service, faults: Faults) -> None:
    if key in read.unread:
        return
    wrong = problem_with_constraint(owner.scheme, text)
    if wrong:
        scheme = f"{owner.name} has {owner.scheme.value} versions"
        faults.add(read.at(key), "constraint", f"{read.name(key)}: {quote(text)} {wrong} ({scheme})")
