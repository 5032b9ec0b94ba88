"""Path -> Inventory: reads, checks and resolves everything, or raises with every fault."""

from __future__ import annotations

from pathlib import Path

from engine.collector import collector_paused
from engine.inventory.alarms import make_alarms
from engine.inventory.artifacts import StorageEntry, make_storage
from engine.inventory.consents import Consents
from engine.inventory.document import Document, ObserveEntry, PoliciesEntry, SshEntry
from engine.inventory.estate import Estate, make_ssh, read_estate
from engine.inventory.externals import make_externals
from engine.inventory.faults import Faults, dotted
from engine.inventory.files import read_document
from engine.inventory.include import include_hosts
from engine.inventory.node import Listing, Node, Scalar, Table, child, place, table_of
from engine.inventory.reading import Read, S, read_section, report_key
from engine.inventory.roles import RolesEntry, make_roles
from engine.inventory.scalars import problem_with_name
from engine.inventory.scopes import Scopes
from engine.inventory.services import read_services
from engine.inventory.webhooks import make_webhooks
from engine.inventory.windows import make_freezes, make_windows
from engine.model.inventory import Inventory, Limits, Observe, Position
from engine.model.service import Service

# Positions are kept this deep, and of the items of lists there: services.checkout.needs.0
_POSITION_DEPTH = 3


def load(path: Path) -> Inventory:
    """Read the inventory at ``path``, a YAML file or a folder of them.

    Raises InventoryInvalid with every fault found, one ``file:line: error rule: message``
    each. Files are named in positions as ``path`` names them.
    """
    with collector_paused():
        return _load(path)


def _load(path: Path) -> Inventory:
    faults = Faults()
    document = read_document(path, faults)
    if not document.entries:
        if not faults.lines():
            faults.add(Position(str(path), 1), "missing", "the inventory is empty; begin with `organization: NAME`")
        faults.raise_if_any()
    organization = _organization(document, faults)
    _refuse_unknown_sections(document, faults)
    include_hosts(document, faults)
    ssh = _section(SshEntry, document, ("ssh",), faults)
    observe = _section(ObserveEntry, document, ("observe",), faults)
    stored = _section(StorageEntry, document, ("artifacts",), faults)
    policies = _section(PoliciesEntry, document, ("policies",), faults)
    roles = _section(RolesEntry, document, ("roles",), faults)
    estate = read_estate(document, ssh.value.port, faults)
    services = read_services(document, estate, faults)
    limits = _limits(policies, estate, services, faults)
    declared = table_of(child(document, "services"))
    scopes = Scopes(estate.declared_environments, estate.declared_teams, declared, _labels(services), faults)
    consents = Consents(policies, scopes, estate.teams)
    inventory = Inventory(
        organization=organization,
        environments=estate.environments,
        teams=estate.teams,
        domains=estate.domains,
        hosts=estate.hosts,
        services=services,
        ssh=make_ssh(ssh, estate.hosts, faults),
        limits=limits,
        windows=make_windows(policies, policies.value.windows, scopes),
        freezes=make_freezes(policies, policies.value.freezes, scopes),
        approvals=consents.approvals(policies.value.approvals),
        evidence=consents.evidence(policies.value.evidence),
        overrides=consents.overrides(policies.value.overrides),
        roles=make_roles(roles, scopes, declared="roles" in document.entries),
        alarms=make_alarms(policies, policies.value.alarms, scopes),
        externals=make_externals(document, estate.declared_teams, faults),
        webhooks=make_webhooks(document, scopes, faults),
        observe=Observe(observe.value.steady, observe.value.busy),
        storage=make_storage(stored, *_signers(document), faults),
        positions={**_positions(document), **{f"hosts.{name}": at for name, at in estate.host_places.items()}},
    )
    faults.raise_if_any()
    return inventory


def _organization(document: Table, faults: Faults) -> str:
    entry = document.entries.get("organization")
    if entry is None:
        at = Position(document.file, document.line)
        faults.add(at, "missing", "organization: missing; expected: the name of the whole estate")
        return ""
    text = entry.value.text if isinstance(entry.value, Scalar) else ""
    wrong = problem_with_name(text)
    if wrong:
        faults.add(Position(entry.file, entry.line), "name", f"organization: {wrong}")
    return text


def _signers(document: Table) -> tuple[str, Position | None]:
    """The file of allowed signers and where it is named; None if it is not."""
    entry = document.entries.get("signers")
    if entry is None:
        return "", None
    return entry.value.text if isinstance(entry.value, Scalar) else "", Position(entry.file, entry.line)


def _refuse_unknown_sections(document: Table, faults: Faults) -> None:
    for key, entry in document.entries.items():
        if key not in Document.model_fields:
            report_key(Document, Position(entry.file, entry.line), dotted(key), key, faults)


def _section(model: type[S], document: Table, path: tuple[str], faults: Faults) -> Read[S]:
    """A section that is one table; its defaults where it is missing or beyond reading."""
    entry = document.entries.get(path[0])
    if entry is not None:
        read = read_section(model, entry.value, Position(entry.file, entry.line), path, faults)
        if read is not None:
            return read
    nothing = Table({}, document.file, document.line)
    return Read(model(), frozenset(), nothing, place(document), path)


def _limits(read: Read[PoliciesEntry], estate: Estate, services: dict[str, Service], faults: Faults) -> Limits:
    entry = read.value.limits
    for environment in entry.per_environment:
        if environment not in estate.declared_environments:
            path = ("limits", "per_environment", environment)
            known = estate.declared_environments
            faults.unknown(read.at(*path), read.name(*path), "environment", environment, known)
    labels = _labels(services)
    for label in entry.per_label:
        if label not in labels:
            path = ("limits", "per_label", label)
            faults.unknown(read.at(*path), read.name(*path), "service label", label, labels)
    return Limits(
        rollouts=entry.rollouts,
        per_team=entry.per_team,
        per_environment=dict(entry.per_environment),
        per_label=dict(entry.per_label),
        unavailable=entry.unavailable,
        unavailable_per_domain=entry.unavailable_per_domain,
    )


def _labels(services: dict[str, Service]) -> frozenset[str]:
    """Every label of a service, as ``key=value``."""
    return frozenset(f"{key}={value}" for service in services.values() for key, value in service.labels.items())


def _positions(document: Table) -> dict[str, Position]:
    """Where every key stands, down to single needs."""
    found: dict[str, Position] = {}
    pending: list[tuple[str, Node, int]] = [("", document, 0)]
    while pending:
        prefix, node, depth = pending.pop()
        if isinstance(node, Table) and depth < _POSITION_DEPTH:
            for key, entry in node.entries.items():
                name = f"{prefix}.{key}" if prefix else key
                found[name] = Position(entry.file, entry.line)
                pending.append((name, entry.value, depth + 1))
        elif isinstance(node, Listing):
            for index, item in enumerate(node.items):
                found[f"{prefix}.{index}"] = Position(item.file, item.line)
    return found
