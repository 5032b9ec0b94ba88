"""The estate as it is seen: placements, instances, hosts, the graph, the engine itself."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from engine.api.protocol.changes import ChangeView
from engine.api.protocol.judging import WaitView
from engine.api.protocol.maintaining import MaintenanceView
from engine.api.protocol.overtime import PastView


class PlacementView(TypedDict):
    """``state``: running|stopped|failed|absent|unknown, or while it moves the phase: intended,
    staging, uploading, switching, confirming; drained where it was stopped for its host's
    maintenance. ``health``: passing|failing|unknown. ``differs``: what is not as it was last deployed
    (version, stopped, missing, ...), ``heal`` how its healing goes."""

    host: str
    domain: str
    version: str | None
    state: str
    health: str
    detail: str
    unreachable: bool
    differs: NotRequired[list[str]]
    heal: NotRequired[str]


class BadView(TypedDict):
    """A version that must not be deployed here. ``environment`` is where it was found to be
    bad: here, or in one before. ``by`` is "interlock" where it was seen to fail."""

    version: str
    environment: str
    reason: str
    by: str
    at: str | None
    change: str


class StatusRow(TypedDict):
    """``pending``: what the inventory says and no change has brought: configuration, placements
    (new ones), or "". ``orphans``: hosts that run it and are not among its placements any more.
    ``violations``: the dependencies that are broken as it stands, a sentence each."""

    service: str
    environment: str
    team: str
    current: dict[str, int]
    target: str | None
    desired: str | None
    state: str
    placements: list[PlacementView]
    waits: list[WaitView]
    violations: NotRequired[list[str]]
    bad: list[BadView]
    pending: NotRequired[str]
    orphans: NotRequired[list[str]]


class HostView(TypedDict):
    """``clock_skew_s``: by how much its clock is ahead of the engine's (behind: negative), at least;
    ``clock_warning`` says so where it is enough to mislead whoever reads its logs."""

    host: str
    environment: str
    domain: str
    address: str
    state: str
    latency_ms: float | None
    fenced: bool
    reason: str
    placements: list[str]
    maintenance: NotRequired[MaintenanceView | None]
    clock_skew_s: NotRequired[float]
    clock_warning: NotRequired[str]


class NeedView(TypedDict):
    provider: str
    version: str
    when: str


class ServiceView(TypedDict):
    """A node of the graph. ``layer`` counts from 0 (needs nothing) upwards; ``versions`` are
    the artifacts known, newest first; ``bad`` those that are bad, by environment."""

    service: str
    team: str
    labels: dict[str, str]
    needs: list[NeedView]
    needed_by: list[str]
    layer: int
    environments: list[str]
    versions: list[str]
    bad: dict[str, list[str]]
    externals: NotRequired[list[str]]


class ExternalView(TypedDict):
    """What is needed and never rolled. ``health``: passing|failing|unknown, for ``detail``, since ``since``."""

    external: str
    owner: str
    health: str
    detail: str
    since: str | None
    needed_by: list[str]


class GraphView(TypedDict):
    organization: str
    environments: list[str]
    services: list[ServiceView]
    externals: NotRequired[list[ExternalView]]


class EngineView(TypedDict):
    """``lag_ms`` is how late the loop last woke; ``busy`` counts moves in flight; ``roles`` are those
    that ``you`` has anywhere (all of them where the inventory declares none)."""

    organization: str
    version: str
    engine: str
    epoch: int
    pid: int
    started: str | None
    now: str | None
    inventory: str
    paused_by: str
    draining: bool
    lag_ms: float
    busy: int
    waiting: int
    seq: int
    you: str
    roles: list[str]


class Board(TypedDict):
    """All that the console's screens draw, in one reply. ``changes`` holds the unfinished
    ones in the queue's order, then the latest finished, newest first. ``past`` is there if it
    shows the estate as it was."""

    engine: EngineView
    status: list[StatusRow]
    changes: list[ChangeView]
    hosts: list[HostView]
    externals: NotRequired[list[ExternalView]]
    past: NotRequired[PastView]


class WatchEvent(TypedDict):
    """One line of the change stream. ``kind`` is the event's name in kebab-case
    (``move-ended``), or ``progress`` for a phase of a step, which is not kept; ``seq`` is its
    place in the journal (0 for progress)."""

    seq: int
    at: str
    kind: str
    change: str
    subject: str
    message: str
    log: NotRequired[list[str]]
