"""The estate as it is declared: environments, teams, failure domains, hosts, services.

This is what the inventory's files come to once they are read and checked (engine.inventory):
every name resolves, every placement is already a list of hosts, every duration is seconds.
Later features widen these classes; they never hold raw YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.model.alarm import AlarmPolicy
from engine.model.consent import ApprovalPolicy, EvidencePolicy, OverridePolicy
from engine.model.external import External
from engine.model.names import InstanceId, PlacementId
from engine.model.release import Storage
from engine.model.role import Grant
from engine.model.service import Amount, Service
from engine.model.webhook import Webhook
from engine.model.window import Freeze, WindowPolicy


class Position(NamedTuple):
    """Where something was declared: a file as the operator named it, and a line from 1. A large
    estate has hundreds of thousands, and a named tuple is made in a third of a dataclass's time."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Environment:
    """staging, prod, ...: the services, hosts and rules that belong together.

    ``after`` names the environment in which a release has to be healthy for ``soak_s`` before
    it may come here ("" = none).
    """

    name: str
    after: str = ""
    soak_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Team:
    """Who owns services: names of operating-system users, and where to reach them."""

    name: str
    members: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """A failure domain: what fails together. ``parent`` is the domain around it."""

    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. ``port`` 0, ``user`` "" and ``identity`` "" mean: the ssh section's."""

    name: str
    address: str
    environment: str
    domain: str
    labels: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    user: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many rollouts may run at once, and how many placements may be unavailable: of each
    environment, and of each failure domain's part in it. None is no limit; labels are written
    ``key=value``."""

    rollouts: int | None = None
    per_team: int | None = None
    per_environment: Mapping[str, int] = field(default_factory=dict)
    per_label: Mapping[str, int] = field(default_factory=dict)
    unavailable: Amount | None = None
    unavailable_per_domain: Amount | None = None


@dataclass(frozen=True, slots=True)
class Ssh:
    """How hosts are reached. ``jump`` is a host's name or ``user@address:port``; paths are
    absolute. ``known_hosts`` "" means the user's own ``~/.ssh/known_hosts``."""

    user: str = ""
    port: int = 22
    known_hosts: str = ""
    identity: str = ""
    jump: str = ""
    config: str = ""
    ca: str = ""
    sudo: bool = False


@dataclass(frozen=True, slots=True)
class Observe:
    """How often hosts are looked at: at rest, and while something moves on them."""

    steady_s: float = 30.0
    busy_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Inventory:
    """The whole estate. ``positions`` maps dotted keys (``services.checkout``) to places."""

    organization: str
    environments: Mapping[str, Environment]
    teams: Mapping[str, Team]
    domains: Mapping[str, Domain]
    hosts: Mapping[str, Host]
    services: Mapping[str, Service]
    ssh: Ssh = Ssh()
    limits: Limits = Limits()
    storage: Storage = field(default_factory=Storage)
    observe: Observe = Observe()
    approvals: tuple[ApprovalPolicy, ...] = ()
    evidence: tuple[EvidencePolicy, ...] = ()
    overrides: OverridePolicy | None = None
    roles: tuple[Grant, ...] = ()
    windows: Mapping[str, WindowPolicy] = field(default_factory=dict)
    freezes: Mapping[str, Freeze] = field(default_factory=dict)
    alarms: Mapping[str, AlarmPolicy] = field(default_factory=dict)
    externals: Mapping[str, External] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict)
    _placed: dict[str, tuple[PlacementId, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def instances(self) -> tuple[InstanceId, ...]:
        """Every instance that has a placement, sorted."""
        return tuple(
            sorted(
                InstanceId(service.name, environment)
                for service in self.services.values()
                for environment, hosts in service.hosts.items()
                if hosts
            )
        )

    def placements(self, instance: InstanceId) -> tuple[PlacementId, ...]:
        """The placements of one instance, in the inventory's order of hosts."""
        service = self.services.get(instance.service)
        hosts = service.hosts.get(instance.environment, ()) if service else ()
        name, environment = instance
        return tuple([PlacementId(name, environment, host) for host in hosts])

    def placements_on(self, host: str) -> tuple[PlacementId, ...]:
        """Everything placed on one host, by name of service."""
        if not self._placed:
            self._placed.update(self._by_host())  # each host is asked for this at every look
        return self._placed[host]

    def _by_host(self) -> dict[str, tuple[PlacementId, ...]]:
        found: dict[str, list[PlacementId]] = {name: [] for name in self.hosts}
        for name, service in sorted(self.services.items()):
            for environment, hosts in service.hosts.items():
                for host in dict.fromkeys(hosts):
                    if host in found and self.hosts[host].environment == environment:
                        found[host].append(PlacementId(name, environment, host))
        return {host: tuple(placements) for host, placements in found.items()}

    def domain_path(self, host: str) -> tuple[str, ...]:
        """The failure domains around a host, outermost first."""
        path: list[str] = []
        name: str | None = self.hosts[host].domain
        while name:
            path.insert(0, name)
            name = self.domains[name].parent
        return tuple(path)
