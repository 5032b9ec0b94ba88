"""What is deployed, as it is declared: services, how they run, are checked, depend and roll."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property

from engine.model.external import ExternalNeed
from engine.model.hook import Hooks, SecretSource
from engine.model.running import Container, Script
from engine.model.version import Scheme


@dataclass(frozen=True, slots=True)
class Amount:
    """A count or a percentage of some placements ("2" or "25%")."""

    value: int
    percent: bool = False

    def of(self, total: int) -> int:
        """The count this comes to among ``total``: rounded down, never below 1 (but 0 is none)."""
        if self.value == 0:
            return 0
        return max(1, total * self.value // 100) if self.percent else max(1, self.value)

    def __str__(self) -> str:
        return f"{self.value}%" if self.percent else str(self.value)


class DriverName(StrEnum):
    """How a service is run on its host."""

    SYSTEMD = "systemd"
    PROCESS = "process"
    CONTAINER = "container"
    SCRIPT = "script"


class Heal(StrEnum):
    """What becomes of drift: mended by itself, or only told."""

    AUTO = "auto"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Need:
    """A dependency: the consumer (who holds this) needs ``provider`` within ``version``.

    ``when`` limits it to the consumer's versions within that constraint ("" = all).
    """

    provider: str
    version: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """What makes a placement healthy, asked on the host: one of http, tcp, command, or none.

    ``http`` passes on a 2xx answer; ``tcp`` ("PORT" or "ADDRESS:PORT") on a connection;
    ``command`` on exit status 0, run in the release's folder. ``version`` is a URL whose
    body, stripped, is the version that runs (or a JSON object's ``version``).
    """

    http: str = ""
    tcp: str = ""
    command: tuple[str, ...] = ()
    version: str = ""
    interval_s: float = 1.0
    timeout_s: float = 2.0
    passes: int = 2

    @property
    def is_declared(self) -> bool:
        """Whether there is any check at all; without one, a running process is healthy."""
        return bool(self.http or self.tcp or self.command)


@dataclass(frozen=True, slots=True)
class RolloutPolicy:
    """How one instance moves; names follow Nomad's ``update`` block, and so do the defaults, but
    for ``auto_revert`` and ``auto_promote``.

    ``canary``: so many placements move first. ``bake_s``: engine time for which the canaries, and
    then each domain, have to stay healthy. ``domain_order``: one failure domain at a time; the
    first bakes ``first_domain_bake_s`` (None: as the others). ``max_unavailable`` None: as many
    as ``max_parallel``. ``max_failures``: placements that may fail and be tried again at the end.
    """

    max_parallel: Amount = Amount(1)
    min_healthy_time_s: float = 10.0
    healthy_deadline_s: float = 300.0
    progress_deadline_s: float = 600.0
    confirm_timeout_s: float = 60.0
    auto_revert: bool = True
    prestage: bool = True
    canary: Amount = Amount(0)
    auto_promote: bool = True
    bake_s: float = 0.0
    domain_order: tuple[str, ...] = ()
    first_domain_bake_s: float | None = None
    max_unavailable: Amount | None = None
    max_failures: Amount = Amount(0)

    def may_be_unavailable(self, total: int) -> int:
        """How many of ``total`` placements may be unavailable at once."""
        return (self.max_unavailable or self.max_parallel).of(total)


@dataclass(frozen=True, slots=True)
class ArtifactSource:
    """Where a service's artifacts are: a path or a URL with ``{version}``, relative paths already
    made absolute, and the file with their sha256 sums ("" = ``SHA256SUMS`` beside them)."""

    path: str
    sha256: str = ""
    url: str = ""


@dataclass(frozen=True)
class Configuration:
    """How a release is run: what is deployed is a version *and* one of these.

    Placeholders ``{address}``, ``{host}``, ``{version}``, ``{environment}`` and ``{service}``
    in command, variables and health stand until the placement is known (engine.drivers).
    ``unit`` is the text of a unit file of the user's own, or "". ``secrets`` are variables whose
    values are not here but read where their source says, whenever they are used. ``container`` and
    ``script`` are there with the driver of that name, and only then. (Not slotted: it keeps its digest.)
    """

    driver: DriverName
    base: str
    command: str
    unit: str = ""
    user: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    health: HealthCheck = HealthCheck()
    hooks: Hooks = field(default_factory=Hooks)
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)
    container: Container | None = None
    script: Script | None = None

    @cached_property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that change when anything above changes. What is not used
        is left out: hosts hold digests of engines that did not know of it yet."""
        what = asdict(self)
        if not self.hooks.is_declared:
            del what["hooks"]
        for name in ("secrets", "container", "script"):
            if not what[name]:
                del what[name]
        text = json.dumps(what, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Service:
    """Something deployed, owned by a team. ``hosts`` is its placement, by environment.

    ``known_versions`` exist somewhere, whether or not their artifacts are here: a bridge may
    propose them. ``keep_releases`` stay on each host. ``soak_s`` is its own soak time (None: the environment's).
    ``externals`` are what it needs besides.
    """

    name: str
    team: str
    configuration: Configuration
    hosts: Mapping[str, tuple[str, ...]]
    artifact: ArtifactSource | None = None
    needs: tuple[Need, ...] = ()
    rollout: RolloutPolicy = RolloutPolicy()
    scheme: Scheme = Scheme.PEP440
    labels: Mapping[str, str] = field(default_factory=dict)
    known_versions: tuple[str, ...] = ()
    soak_s: float | None = None
    externals: tuple[ExternalNeed, ...] = ()
    keep_releases: int = 5
    heal: Heal = Heal.AUTO
