"""A service as people write it: its entry and the entries within."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from engine.inventory.artifacts import ArtifactEntry
from engine.inventory.fields import (
    BasePath,
    Image,
    Labels,
    Login,
    Option,
    Url,
    Variable,
    raw,
    refuse_unknown_placeholder,
    schema,
)
from engine.inventory.hook_entries import HooksEntry, SecretEntry
from engine.inventory.scalars import (
    AmountOf,
    AmountOrNone,
    Blank,
    BlankList,
    Count,
    Duration,
    Flag,
    FreeText,
    Name,
    PositiveDuration,
    Text,
    choice,
    mismatch,
    problem,
)
from engine.inventory.section import Section
from engine.model.service import Amount


class NeedEntry(Section):
    """A dependency on another service, or on an external: exactly one of service and external."""

    service: Name | None = Field(default=None, description="The provider")
    external: Name | None = Field(default=None, description="An external that has to be well for it to start")
    version: FreeText = Field(default="", description="The provider's versions that will do, such as >=2.3,<4")
    when: FreeText = Field(default="", description="The own versions for which this holds; default: all")

    @model_validator(mode="after")
    def _exactly_one(self) -> NeedEntry:
        if (self.service is None) == (self.external is None):
            found = "none of them" if self.service is None else "both"
            raise problem(f"expected exactly one of service and external, found {found}")
        if self.external is not None and self.version:
            raise problem("an external has no version: leave version out")
        return self


_TCP = re.compile(r"(?:[A-Za-z0-9._:{}\[\]-]{1,255}:)?([0-9]{1,5})\Z", re.ASCII)


def _tcp(value: Any) -> str:
    match = _TCP.match(value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match.group(1)) <= 65535:
        raise mismatch("a port, or ADDRESS:PORT", value)
    refuse_unknown_placeholder(value)
    return str(value)


class HealthEntry(Section):
    """What makes a placement healthy, asked on its host: one of http, tcp and command."""

    http: Url = Field(default="", description="Passes on a 2xx answer")
    tcp: Annotated[str, PlainValidator(_tcp), schema(type=["string", "integer"])] = Field(
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

    max_parallel: AmountOf = Field(default=Amount(1), description="Placements moved at once, a count or a percentage")
    min_healthy_time: Duration = Field(default=10.0, description="How long it must stay healthy to count as done")
    healthy_deadline: PositiveDuration = Field(default=300.0, description="How long a placement may take to get there")
    progress_deadline: PositiveDuration = Field(default=600.0, description="Longest time without any placement done")
    confirm_timeout: PositiveDuration = Field(default=60.0, description="How long a host waits for confirmation")
    auto_revert: Flag = Field(default=True, description="Whether an unhealthy version is taken back")
    canary: AmountOrNone = Field(default=Amount(0), description="Placements that move first and bake by themselves")
    auto_promote: Flag = Field(default=True, description="Whether healthy canaries go on by themselves after the bake")
    bake: Duration = Field(
        default=0.0, description="How long canaries, then each domain or the rest, must stay healthy"
    )
    domain_order: Annotated[list[Name], BlankList] = Field(
        default=[], description="Failure domains, one after the other; canaries are in the first"
    )
    first_domain_bake: Duration | None = Field(default=None, description="Bake of the first domain; default: bake")
    max_unavailable: AmountOf | None = Field(
        default=None, description="Placements that may be unavailable, whatever made them so; default: max_parallel"
    )
    max_failures: AmountOrNone = Field(
        default=Amount(0), description="Placements that may fail, are put back, and tried once more at the end"
    )
    prestage: Flag = Field(default=True, description="Whether hosts get a release while its change still waits")

    @model_validator(mode="after")
    def _deadlines_in_order(self) -> RolloutEntry:
        if not self.min_healthy_time < self.healthy_deadline < self.progress_deadline:
            raise problem(
                "expected min_healthy_time < healthy_deadline < progress_deadline, found "
                f"{self.min_healthy_time:g}s, {self.healthy_deadline:g}s, {self.progress_deadline:g}s"
                " (defaults 10s, 5m, 10m)"
            )
        return self

    @model_validator(mode="after")
    def _strategy_makes_sense(self) -> RolloutEntry:
        given = self.model_fields_set
        twice = next((name for name in self.domain_order if self.domain_order.count(name) > 1), None)
        if twice is not None:
            raise problem(f"expected each domain once in domain_order, found {twice} twice")
        if "auto_promote" in given and not self.auto_promote and not self.canary.value:
            raise problem(
                "auto_promote: false waits for a person to promote canaries, and there are none; add canary: 1"
            )
        if "first_domain_bake" in given and not self.domain_order:
            raise problem("first_domain_bake goes with domain_order, which is missing")
        return self


_PLACEMENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Labels to match, or {hosts: [...]}; or one of these for each environment",
    "examples": [{"role": "pay"}, {"hosts": ["pay-eu-a1"]}, {"prod": {"role": "pay"}}],
}


class ServiceEntry(Section):
    """Something deployed."""

    team: Name = Field(description="The team that owns it")
    labels: Labels = Field(default={}, description="For limits and policies")
    placement: Annotated[Any, PlainValidator(raw), WithJsonSchema(_PLACEMENT_SCHEMA)] = Field(default="")
    driver: Annotated[
        str,
        PlainValidator(choice("systemd", "process", "container", "script")),
        schema(enum=["systemd", "process", "container", "script"]),
    ] = Field(default="systemd", description="How it is run on its hosts")
    artifact: ArtifactEntry | None = None
    command: Text = Field(
        default="", description="What to run, in the release's folder (container: the arguments after the image)"
    )
    image: Image = Field(default="", description="(container) Image with {version} in it, which podman or docker pulls")
    options: Annotated[list[Option], BlankList] = Field(
        default=[], description="(container) For podman's or docker's run, each one word: --publish=8080:80"
    )
    apply: Annotated[list[Text], BlankList] = Field(
        default=[], description="(script) Command that makes $INTERLOCK_VERSION run; if that is empty, nothing"
    )
    apply_timeout: PositiveDuration = Field(default=60.0, description="(script) How long apply may take")
    observe: Annotated[list[Text], BlankList] = Field(
        default=[], description="(script) Command that prints the version that runs, or nothing"
    )
    observe_timeout: PositiveDuration = Field(default=10.0, description="(script) How long observe may take")
    unit: Text = Field(default="", description="A systemd unit file of your own, instead of command")
    user: Login = Field(default="", description="The user it runs as (systemd)")
    base: BasePath = Field(
        default="", description="Folder on the host; default: /opt/interlock (systemd), else interlock"
    )
    environment_variables: Annotated[dict[Variable, FreeText], Blank] = Field(default={}, description="For the service")
    secrets: Annotated[dict[Variable, SecretEntry], Blank] = Field(
        default={}, description="Variables whose values are read when used, and kept nowhere but on its hosts"
    )
    hooks: HooksEntry | None = None
    needs: Annotated[list[NeedEntry], BlankList] = Field(default=[], description="Services it depends on")
    health: HealthEntry | None = None
    rollout: RolloutEntry = RolloutEntry()
    heal: Annotated[str, PlainValidator(choice("auto", "report")), schema(enum=["auto", "report"])] = Field(
        default="auto", description="Whether drift is mended by itself, or only shown"
    )
    prestage: Flag | None = Field(default=None, description="The same as rollout.prestage")
    keep_releases: Count = Field(default=5, description="On each host, the current and the last good one among them")
    soak: Duration | None = Field(default=None, description="Its own soak time, instead of the environment's")
    known_versions: Annotated[list[Text], BlankList] = Field(
        default=[], description="Versions that exist without an artifact here; a bridge may propose them"
    )
    versions: Annotated[
        str, PlainValidator(choice("pep440", "semver", "opaque")), schema(enum=["pep440", "semver", "opaque"])
    ] = Field(default="pep440", description="How its versions are ordered")
