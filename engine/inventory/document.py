"""The inventory as people write it: one pydantic model a section, the single source of what
is accepted and of the JSON Schema for editors.

Names are not resolved here (engine.inventory.estate, services); these models know shapes.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator

from engine.inventory.alarms import AlarmEntry
from engine.inventory.artifacts import StorageEntry
from engine.inventory.consents import ApprovalEntry, EvidenceEntry, OverridesEntry
from engine.inventory.externals import ExternalEntry
from engine.inventory.fields import Labels, Login, raw, schema
from engine.inventory.include import IncludeEntry
from engine.inventory.roles import RolesEntry
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
)
from engine.inventory.section import Section
from engine.inventory.service_entries import ServiceEntry
from engine.inventory.webhooks import WebhookEntry
from engine.inventory.windows import FreezeEntry, WindowEntry


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
    user: Login = Field(default="", description="The login there, if it is not the ssh section's")
    identity: Text = Field(default="", description="Private key file for it, if it is not the ssh section's")


class ObserveEntry(Section):
    """How often hosts are looked at."""

    steady: PositiveDuration = Field(default=30.0, description="At rest")
    busy: PositiveDuration = Field(default=1.0, description="While something moves on them")


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

    organization: Name = Field(description="The name of the whole estate")
    environments: Annotated[dict[Name, EnvironmentEntry], Blank] = Field(description="staging, prod, ...")
    teams: Annotated[dict[Name, TeamEntry], Blank] = Field(default={}, description="Who owns services")
    domains: Annotated[Any, PlainValidator(raw), schema(type="object")] = Field(
        default="", description="Failure domains, outermost first, nested"
    )
    ssh: SshEntry = SshEntry()
    hosts: Annotated[dict[Text, HostEntry], Blank] = Field(default={}, description="Machines, by name")
    include: Annotated[list[IncludeEntry], BlankList] = Field(default=[], description="Hosts that other tools know")
    observe: ObserveEntry = ObserveEntry()
    externals: Annotated[dict[Name, ExternalEntry], Blank] = Field(default={}, description="Needed, never rolled")
    webhooks: Annotated[dict[Name, WebhookEntry], Blank] = Field(default={}, description="Who is told what happens")
    artifacts: StorageEntry = StorageEntry()
    signers: Text = Field(default="", description="File of allowed signers: artifacts must carry a signature of one")
    services: Annotated[dict[Name, ServiceEntry], Blank] = Field(default={}, description="What is deployed")
    policies: PoliciesEntry = PoliciesEntry()
    roles: RolesEntry = RolesEntry()
