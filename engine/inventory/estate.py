"""What services stand on: environments, teams, failure domains and hosts, with their names
resolved against each other."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.inventory.document import EnvironmentEntry, HostEntry, SshEntry, TeamEntry
from engine.inventory.faults import Faults, dotted, quote
from engine.inventory.files import absolute
from engine.inventory.node import Entry, Table
from engine.inventory.ranges import RangeError, expand, expand_address
from engine.inventory.reading import Read, is_blank, read_entries
from engine.inventory.scalars import describe, problem_with_name
from engine.model.inventory import Domain, Environment, Host, Position, Ssh, Team

_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]\Z")  # [fd00::1], as in a URL
MAX_HOSTS = 50_000
RESERVED_ENVIRONMENTS = frozenset({"hosts"})  # `placement: {hosts: [...]}` must have one meaning


@dataclass(frozen=True, slots=True)
class Estate:
    """The ground that services are placed on. ``host_places`` says where each host stands;
    the declared names include entries with faults, so that one mistake is reported once."""

    environments: Mapping[str, Environment]
    teams: Mapping[str, Team]
    domains: Mapping[str, Domain]
    hosts: Mapping[str, Host]
    host_places: Mapping[str, Position]
    declared_environments: Collection[str]
    declared_teams: Collection[str]


def read_estate(document: Table, ssh_port: int, faults: Faults) -> Estate:
    """Read the sections below ``services``; faults are noted, what is sound is returned."""
    environments = _read_environments(document, faults)
    teams = read_entries(TeamEntry, document, "teams", faults)
    for name in teams:
        _check_name(document, "teams", name, faults)
    domains, domain_places = _read_domains(document, faults)
    hosts, places = _read_hosts(document, environments, domain_places, faults)
    _refuse_shared_addresses(hosts, places, ssh_port, faults)
    return Estate(
        environments=environments,
        teams={name: Team(name, tuple(read.value.members), read.value.contact) for name, read in sorted(teams.items())},
        domains=domains,
        hosts=hosts,
        host_places=places,
        declared_environments=_declared(document, "environments"),
        declared_teams=_declared(document, "teams"),
    )


def make_ssh(read: Read[SshEntry], hosts: Mapping[str, Host], faults: Faults) -> Ssh:
    """The ssh section with absolute paths; a jump host is checked against the hosts."""
    entry, folder = read.value, os.path.dirname(read.node.file)
    if read.has("jump") and "@" not in entry.jump and entry.jump not in hosts:
        key = read.name("jump")
        message = f"{key}: no host is called {quote(entry.jump)}{faults.suggest(entry.jump, hosts, 'host')}"
        faults.add(read.at("jump"), "unknown-name", f"{message} (or write user@address:port)")
    return Ssh(
        user=entry.user,
        port=entry.port,
        known_hosts=absolute(entry.known_hosts, folder),
        identity=absolute(entry.identity, folder),
        jump=entry.jump,
        config=absolute(entry.config, folder),
        ca=absolute(entry.ca, folder),
        sudo=entry.sudo,
    )


def _declared(document: Table, section: str) -> Collection[str]:
    entry = document.entries.get(section)
    return entry.value.entries.keys() if entry and isinstance(entry.value, Table) else ()


def _check_name(document: Table, section: str, name: str, faults: Faults) -> bool:
    wrong = problem_with_name(name)
    if wrong:
        section_table = document.entries[section].value
        assert isinstance(section_table, Table)  # noqa: S101 - read_entries found it there
        entry = section_table.entries[name]
        faults.add(Position(entry.file, entry.line), "name", f"{dotted(section, name)}: {wrong}")
    return wrong is None


def _read_environments(document: Table, faults: Faults) -> dict[str, Environment]:
    entries = read_entries(EnvironmentEntry, document, "environments", faults)
    for name, read in entries.items():
        if name in RESERVED_ENVIRONMENTS:
            faults.add(
                _at(document, "environments", name), "name", f"{read.name()}: this name has a meaning of its own"
            )
        _check_name(document, "environments", name, faults)
    if not entries:
        at = document.entries.get("environments")
        where = Position(at.file, at.line) if at else Position(document.file, document.line)
        faults.add(where, "missing", "environments: missing; expected at least one, such as `prod: {}`")
    _check_ways(entries, _declared(document, "environments"), faults)
    return {name: Environment(name, read.value.after or "", read.value.soak) for name, read in entries.items()}


def _check_ways(entries: Mapping[str, Read[EnvironmentEntry]], declared: Collection[str], faults: Faults) -> None:
    """What an environment comes after: it exists, and no way leads round in a circle."""
    for name, read in entries.items():
        after = read.value.after
        if after is None:
            if read.value.soak:
                message = f"{read.name('soak')}: {name} comes after no environment; add after"
                faults.add(read.at("soak"), "conflict", message)
            continue
        if after not in declared:
            faults.unknown(read.at("after"), read.name("after"), "environment", after, declared)
            continue
        way = [name]
        while after and after in entries and after not in way:
            way.append(after)
            after = entries[after].value.after
        if after == name and name == min(way):
            message = f"{read.name('after')}: {' after '.join([*way, name])}: nothing could ever come first"
            faults.add(read.at("after"), "conflict", message)


def _at(document: Table, section: str, name: str) -> Position:
    section_table = document.entries[section].value
    assert isinstance(section_table, Table)  # noqa: S101 - the caller read the entry from it
    entry = section_table.entries[name]
    return Position(entry.file, entry.line)


def _read_domains(document: Table, faults: Faults) -> tuple[dict[str, Domain], dict[str, Position]]:
    """Nested tables, outermost first; every name once in the whole tree."""
    domains: dict[str, Domain] = {}
    places: dict[str, Position] = {}
    top = document.entries.get("domains")
    pending: list[tuple[str | None, Entry, str]] = [(None, top, "domains")] if top else []
    while pending:
        parent, entry, path = pending.pop()
        if is_blank(entry.value):
            continue
        if not isinstance(entry.value, Table):
            message = f"{path}: expected a mapping of domains, such as {{eu-a: {{}}, eu-b: {{}}}}"
            faults.add(Position(entry.file, entry.line), "type", message)
            continue
        for name, inner in entry.value.entries.items():
            here, key = Position(inner.file, inner.line), f"{path}.{dotted(name)}"
            wrong = problem_with_name(name)
            if wrong:
                faults.add(here, "name", f"{key}: {wrong}")
            if name in places:
                faults.add(here, "duplicate", f"{key}: a domain of this name stands at {places[name]}")
                continue
            domains[name], places[name] = Domain(name, parent), here
            pending.append((name, inner, key))
    return domains, places


def _read_hosts(
    document: Table, environments: Collection[str], domains: Collection[str], faults: Faults
) -> tuple[dict[str, Host], dict[str, Position]]:
    hosts: dict[str, Host] = {}
    places: dict[str, Position] = {}
    declared_environments = _declared(document, "environments")
    for pattern, read in read_entries(HostEntry, document, "hosts", faults).items():
        here = _at(document, "hosts", pattern)
        if "environment" not in read.unread and read.value.environment not in environments:
            faults.unknown(
                read.at("environment"),
                read.name("environment"),
                "environment",
                read.value.environment,
                declared_environments,
            )
        if "domain" not in read.unread and read.value.domain not in domains:
            faults.unknown(read.at("domain"), read.name("domain"), "domain", read.value.domain, domains)
        for host in _expand(pattern, read, here, faults):
            if len(hosts) >= MAX_HOSTS:
                faults.add(here, "range", f"{read.name()}: the inventory has more than {MAX_HOSTS:,} hosts")
                return hosts, places
            if host.name in places:
                faults.add(here, "duplicate", f"{read.name()}: host {host.name} stands already at {places[host.name]}")
                continue
            hosts[host.name], places[host.name] = host, here
    return hosts, places


def _expand(pattern: str, read: Read[HostEntry], here: Position, faults: Faults) -> list[Host]:
    """The hosts of one entry. An address without a fault is "" only where it is unread."""
    entry = read.value
    try:
        names = expand(pattern)
    except RangeError as error:
        faults.add(here, "range", f"{read.name()}: {error}")
        return []
    wrong = problem_with_name(names[0]) or problem_with_name(names[-1])
    if wrong:
        faults.add(here, "name", f"{read.name()}: {wrong}")
        return []
    addresses = _addresses(read, len(names), faults)
    labels = dict(entry.labels)
    identity = absolute(entry.identity, os.path.dirname(read.at("identity").file))
    return [
        Host(name, address, entry.environment, entry.domain, labels, entry.port, entry.user, identity)
        for name, address in zip(names, addresses, strict=True)
    ]


def _addresses(read: Read[HostEntry], wanted: int, faults: Faults) -> tuple[str, ...]:
    nothing = ("",) * wanted
    if "address" in read.unread:
        return nothing
    key, here, written = read.name("address"), read.at("address"), read.value.address
    try:
        addresses = (ipv6.group(1),) if (ipv6 := _BRACKETED.match(written)) else expand_address(written)
    except RangeError as error:
        faults.add(here, "range", f"{key}: {error}")
        return nothing
    if len(addresses) != wanted:
        faults.add(here, "range", f"{key}: the host's name stands for {wanted} hosts, the address for {len(addresses)}")
        return nothing
    if any(c.isspace() or c in "@/,;$`'\"\\" for c in written) or written.startswith("-"):
        faults.add(here, "value", f"{key}: expected an IP address or a host's name, found {describe(written)}")
        return nothing
    return addresses


def _refuse_shared_addresses(
    hosts: Mapping[str, Host], places: Mapping[str, Position], ssh_port: int, faults: Faults
) -> None:
    """One machine under two names would be changed twice at once."""
    seen: dict[tuple[str, int], str] = {}
    for host in hosts.values():
        if not host.address:
            continue
        first = seen.setdefault((host.address.lower(), host.port or ssh_port), host.name)
        if first != host.name:
            port = host.port or ssh_port
            message = (
                f"hosts.{host.name}: {host.address} port {port} is already the address of {first} ({places[first]});"
                " one machine may have only one name"
            )
            faults.add(places[host.name], "conflict", message)
