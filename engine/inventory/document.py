"""The inventory as people write it: one pydantic model a section, the single source of what
is accepted, of the JSON Schema for editors, and of the keys that later versions bring.

Names are not resolved here (engine.inventory.estate, services); these models know shapes.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from engine.inventory.alarms import AlarmEntry
from engine.inventory.consents import ApprovalEntry, EvidenceEntry, OverridesEntry
from engine.inventory.faults import quote
from engine.inventory.scalars import (
    AmountOf,
    Blank,
    BlankList,
    Count,
    Duration,
    Flag,
    FreeText,
    Name,
    Port,
    PositiveDuration,
    Text,
    choice,
    mismatch,
    problem,
)
from engine.inventory.section import Section
from engine.inventory.windows import FreezeEntry, WindowEntry
from engine.model.inventory import Amount

Labels = Annotated[dict[Name, FreeText], Blank]
# What engine.drivers fills in for each placement.
PLACEHOLDERS = ("address", "host", "version", "environment", "service")
_ENVIRONMENT_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_LOGIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\Z", re.ASCII)
_BASE = re.compile(r"[A-Za-z0-9._/-]{1,200}\Z", re.ASCII)
_TCP = re.compile(r"(?:[A-Za-z0-9._:{}\[\]-]{1,255}:)?([0-9]{1,5})\Z", re.ASCII)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?\Z", re.ASCII)


def _matching(pattern: re.Pattern[str], expected: str) -> Any:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.match(value):
            raise mismatch(expected, value)
        return value

    return PlainValidator(read)


def _refuse_unknown_placeholder(text: str) -> None:
    """A mistyped ``{addres}`` would be asked for as it stands, and never answer."""
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise problem(f"no placeholder is called {quote(name)}; known: {', '.join(PLACEHOLDERS)}")


def _url(value: Any) -> str:
    if not isinstance(value, str) or not _URL.match(value):
        raise mismatch("a URL such as http://127.0.0.1:8080/healthz", value)
    _refuse_unknown_placeholder(value)
    return value


def _schema(**schema: Any) -> Any:
    return WithJsonSchema(schema)


Login = Annotated[str, _matching(_LOGIN, "the name of a user on the host"), _schema(type="string")]
Variable = Annotated[str, _matching(_ENVIRONMENT_VARIABLE, "a variable's name such as PORT"), _schema(type="string")]
Url = Annotated[str, PlainValidator(_url), _schema(type="string")]
BasePath = Annotated[str, _matching(_BASE, "a path of letters, digits and . _ - /"), _schema(type="string")]


class EnvironmentEntry(Section):
    """An environment; without settings write ``prod: {}``."""

    after: Name | None = Field(default=None, description="The environment that a release has to be proven in first")
    soak: Duration = Field(default=0.0, description="How long it has to be healthy there, without a break")


class TeamEntry(Section):
    """Who owns services."""

    members: Annotated[list[Text], BlankList] = Field(default=[], description="Names of operating-system users")
    contact: FreeText = Field(default="", description="Where the team is reached, for people")


class SshEntry(Section):
    """How hosts are reached."""

    user: Login = Field(default="", description="The login on every host; default: who runs the engine")
    port: Port = Field(default=22, description="The SSH port of hosts that name none")
    known_hosts: Text = Field(default="", description="File of known host keys; default: ~/.ssh/known_hosts")
    identity: Text = Field(default="", description="Private key file")
    jump: Text = Field(default="", description="A host of the inventory or user@address[:port] to go through")
    config: Text = Field(default="", description="An OpenSSH client configuration file to follow")
    ca: Text = Field(default="", description="Public key of the authority that signs host keys")
    sudo: Flag = Field(default=False, description="Whether the login becomes root through sudo -n")


class HostEntry(Section):
    """A machine, or a range of machines: ``web-[01-12].eu-b``."""

    address: Text = Field(description="The IP address or name that SSH connects to, or a range of them")
    environment: Name = Field(description="The environment that the host belongs to")
    domain: Name = Field(description="The innermost failure domain around the host")
    labels: Labels = Field(default={}, description="What placements match")
    port: Port = Field(default=0, description="The SSH port, if it is not the ssh section's")


class ObserveEntry(Section):
    """How often hosts are looked at."""

    steady: PositiveDuration = Field(default=30.0, description="At rest")
    busy: PositiveDuration = Field(default=1.0, description="While something moves on them")


class ArtifactEntry(Section):
    """Where releases come from."""

    later = frozenset({"url", "signers"})
    path: Text = Field(description="File with {version} in its name, relative to the inventory's folder")
    sha256: Text = Field(default="", description="File of sums as sha256sum writes it; default: SHA256SUMS beside")


class NeedEntry(Section):
    """A dependency on another service."""

    later = frozenset({"external"})
    service: Name = Field(description="The provider")
    version: FreeText = Field(default="", description="The provider's versions that will do, such as >=2.3,<4")
    when: FreeText = Field(default="", description="The own versions for which this holds; default: all")


def _tcp(value: Any) -> str:
    match = _TCP.match(value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match.group(1)) <= 65535:
        raise mismatch("a port, or ADDRESS:PORT", value)
    _refuse_unknown_placeholder(value)
    return str(value)


class HealthEntry(Section):
    """What makes a placement healthy, asked on its host: one of http, tcp and command."""

    http: Url = Field(default="", description="Passes on a 2xx answer")
    tcp: Annotated[str, PlainValidator(_tcp), _schema(type=["string", "integer"])] = Field(
        default="", description="PORT or ADDRESS:PORT: passes when a connection is accepted"
    )
    command: Annotated[list[Text], BlankList] = Field(default=[], description="Passes on exit status 0")
    version: Url = Field(default="", description="URL whose body is the version that runs")
    interval: PositiveDuration = Field(default=1.0, description="From one check to the next")
    timeout: PositiveDuration = Field(default=2.0, description="How long one check may take")
    passes: Count = Field(default=2, description="Passing checks in a row that make it healthy")

    @model_validator(mode="after")
    def _exactly_one(self) -> HealthEntry:
        given = [name for name in ("http", "tcp", "command") if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise problem(f"expected exactly one of http, tcp and command, found {found}")
        return self


class RolloutEntry(Section):
    """How one instance moves."""

    later = frozenset(
        [
            "canary",
            "auto_promote",
            "bake",
            "domain_order",
            "first_domain_bake",
            "max_unavailable",
            "max_failures",
            "prestage",
        ]
    )
    max_parallel: AmountOf = Field(default=Amount(1), description="Placements moved at once, a count or a percentage")
    min_healthy_time: Duration = Field(default=10.0, description="How long it must stay healthy to count as done")
    healthy_deadline: PositiveDuration = Field(default=300.0, description="How long a placement may take to get there")
    progress_deadline: PositiveDuration = Field(default=600.0, description="Longest time without any placement done")
    confirm_timeout: PositiveDuration = Field(default=60.0, description="How long a host waits for confirmation")
    auto_revert: Flag = Field(default=True, description="Whether an unhealthy version is taken back")

    @model_validator(mode="after")
    def _deadlines_in_order(self) -> RolloutEntry:
        if not self.min_healthy_time < self.healthy_deadline < self.progress_deadline:
            raise problem(
                "expected min_healthy_time < healthy_deadline < progress_deadline, found "
                f"{self.min_healthy_time:g}s, {self.healthy_deadline:g}s, {self.progress_deadline:g}s"
                " (defaults 10s, 5m, 10m)"
            )
        return self


_PLACEMENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Labels to match, or {hosts: [...]}; or one of these for each environment",
    "examples": [{"role": "pay"}, {"hosts": ["pay-eu-a1"]}, {"prod": {"role": "pay"}}],
}


def _raw(value: Any) -> Any:
    return value


class ServiceEntry(Section):
    """Something deployed."""

    later = frozenset(["hooks", "secrets", "keep_releases", "heal", "prestage", "image", "observe", "apply"])
    team: Name = Field(description="The team that owns it")
    labels: Labels = Field(default={}, description="For limits and policies")
    placement: Annotated[Any, PlainValidator(_raw), WithJsonSchema(_PLACEMENT_SCHEMA)] = Field(default="")
    driver: Annotated[
        str,
        PlainValidator(choice("systemd", "process", later=("container", "script"))),
        _schema(enum=["systemd", "process"]),
    ] = Field(default="systemd", description="How it is run on its hosts")
    artifact: ArtifactEntry | None = None
    command: Text = Field(default="", description="What to run, in the release's folder")
    unit: Text = Field(default="", description="A systemd unit file of your own, instead of command")
    user: Login = Field(default="", description="The user it runs as (systemd)")
    base: BasePath = Field(default="", description="Folder on the host; default: /opt/interlock (process: interlock)")
    environment_variables: Annotated[dict[Variable, FreeText], Blank] = Field(default={}, description="For the service")
    needs: Annotated[list[NeedEntry], BlankList] = Field(default=[], description="Services it depends on")
    health: HealthEntry | None = None
    rollout: RolloutEntry = RolloutEntry()
    soak: Duration | None = Field(default=None, description="Its own soak time, instead of the environment's")
    known_versions: Annotated[list[Text], BlankList] = Field(
        default=[], description="Versions that exist without an artifact here; a bridge may propose them"
    )
    versions: Annotated[
        str, PlainValidator(choice("pep440", "semver", "opaque")), _schema(enum=["pep440", "semver", "opaque"])
    ] = Field(default="pep440", description="How its versions are ordered")


class LimitsEntry(Section):
    """How many rollouts may run at once, and how many placements may be unavailable."""

    rollouts: Count | None = Field(default=None, description="In all")
    per_team: Count | None = Field(default=None, description="Of one team's services")
    per_environment: Annotated[dict[Name, Count], Blank] = Field(
        default={}, description="In one environment: {prod: 4}"
    )
    per_label: Annotated[dict[Text, Count], Blank] = Field(default={}, description='By service label: {"tier=0": 1}')
    unavailable: AmountOf | None = Field(
        default=None, description="Unavailable placements of an environment, over all rollouts: a count or a percentage"
    )
    unavailable_per_domain: AmountOf | None = Field(
        default=None, description="The same for each failure domain's part of an environment"
    )


class PoliciesEntry(Section):
    """Rules about when things may move."""

    windows: Annotated[dict[Name, WindowEntry], Blank] = Field(default={}, description="When rollouts may run")
    freezes: Annotated[dict[Name, FreezeEntry], Blank] = Field(default={}, description="Dated spans without rollouts")
    approvals: Annotated[dict[Name, ApprovalEntry], Blank] = Field(default={}, description="Who has to say yes")
    evidence: Annotated[dict[Name, EvidenceEntry], Blank] = Field(default={}, description="What a change must carry")
    overrides: OverridesEntry | None = Field(default=None, description="Which gates may be lifted, and by whom")
    alarms: Annotated[dict[Name, AlarmEntry], Blank] = Field(default={}, description="What has to be silent")
    limits: LimitsEntry = LimitsEntry()


class Document(Section):
    """A whole inventory."""

    later = frozenset({"roles", "externals", "include", "signers"})
    organization: Name = Field(description="The name of the whole estate")
    environments: Annotated[dict[Name, EnvironmentEntry], Blank] = Field(description="staging, prod, ...")
    teams: Annotated[dict[Name, TeamEntry], Blank] = Field(default={}, description="Who owns services")
    domains: Annotated[Any, PlainValidator(_raw), _schema(type="object")] = Field(
        default="", description="Failure domains, outermost first, nested"
    )
    ssh: SshEntry = SshEntry()
    hosts: Annotated[dict[Text, HostEntry], Blank] = Field(default={}, description="Machines, by name")
    observe: ObserveEntry = ObserveEntry()
    services: Annotated[dict[Name, ServiceEntry], Blank] = Field(default={}, description="What is deployed")
    policies: PoliciesEntry = PoliciesEntry()
