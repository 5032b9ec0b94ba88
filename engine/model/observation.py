"""What was seen on hosts. Seen is not the same as wanted, and not seen is not the same as
gone: an unreachable placement keeps its last sighting until it is seen again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.names import PlacementId


class Unit(StrEnum):
    """What the host says of the process or unit."""

    RUNNING = "running"
    STARTING = "starting"  # systemd waits for it to say that it is up
    STOPPED = "stopped"
    FAILED = "failed"
    ABSENT = "absent"  # nothing of it is installed
    UNKNOWN = "unknown"


class Health(StrEnum):
    """The verdict of the last health check."""

    PASSING = "passing"
    FAILING = "failing"
    UNKNOWN = "unknown"


class Reach(StrEnum):
    """Whether a host answers."""

    UP = "up"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"  # never asked yet


@dataclass(frozen=True, slots=True)
class Sighting:
    """One placement as last observed.

    ``version`` is what the service reports of itself, or, where it reports nothing, the
    release that ``current`` points to; None if nothing runs. ``release`` and
    ``configuration`` are what the host has installed, ``sha256`` the artifact that the release was
    unpacked from ("" if it is not complete, or nobody knows). ``edited``: its unit or its start
    script is not what was written with the configuration. ``restarts`` counts those since it was
    started. ``detail`` says why a check fails. ``altered`` names the files of the release that are not
    as they were unpacked, when they were last read.
    """

    placement: PlacementId
    version: str | None
    release: str | None = None
    configuration: str | None = None
    unit: Unit = Unit.UNKNOWN
    health: Health = Health.UNKNOWN
    detail: str = ""
    sha256: str = ""
    edited: bool = False
    restarts: int = 0
    altered: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reading a placement's release came to: the files that differ, "" if none does."""

    placement: PlacementId
    release: str
    altered: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose commands a host obeys: an engine's run (``engine``, ``epoch``) on one journal."""

    store: str
    epoch: int
    engine: str


SKEW_S = 5.0  # from here on a host's clock is worth a warning


@dataclass(frozen=True, slots=True)
class HostReport:
    """All that one observation of a host tells. ``clock_s`` is its wall clock (Unix time);
    ``free_bytes`` is what its base folder's file system can still take, -1 if not known.
    ``steps`` names the step under way on a placement: running, or not confirmed yet."""

    host: str
    boot_id: str
    clock_s: float
    claim: Claim | None
    sightings: tuple[Sighting, ...]
    free_bytes: int = -1
    steps: Mapping[PlacementId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostState:
    """What the engine knows of a host. ``fenced``: the present engine's claim is on it, so
    that it may be changed. ``reason`` says why it does not answer or refuses the claim.
    ``skew_s``: by how much its clock is ahead of the engine's, at least (behind: negative); it is
    shown, and nothing is ever decided by it."""

    host: str
    reach: Reach = Reach.UNKNOWN
    boot_id: str = ""
    fenced: bool = False
    reason: str = ""
    skew_s: float = 0.0
