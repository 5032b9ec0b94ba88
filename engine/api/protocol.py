"""The JSON that crosses the socket, as typed dictionaries: one definition for server, client,
command line and console. They are dictionaries and not classes because the command line
prints them as they come, and must load neither pydantic nor anything heavy to do so; the
server validates them with pydantic (typing_extensions' TypedDict is what it needs on 3.11).

Times are RFC 3339 text in UTC, or None. Fields may be added, never removed or renamed.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class WaitView(TypedDict):
    gate: str
    reason: str
    subject: str
    change: str
    message: str
    since: str | None
    until: str | None
    owner: str
    unblock: str


class PlacementView(TypedDict):
    """``state``: running|stopped|failed|absent|unknown, or while it moves the phase: intended,
    staging, uploading, switching, confirming. ``health``: passing|failing|unknown."""

    host: str
    domain: str
    version: str | None
    state: str
    health: str
    detail: str
    unreachable: bool


class StatusRow(TypedDict):
    """``pending``: what the inventory says and no change has brought: configuration, placements
    (new ones), or "". ``orphans``: hosts that run it and are not among its placements any more."""

    service: str
    environment: str
    team: str
    current: dict[str, int]
    target: str | None
    desired: str | None
    state: str
    placements: list[PlacementView]
    waits: list[WaitView]
    pending: NotRequired[str]
    orphans: NotRequired[list[str]]


class MoveView(TypedDict):
    """``state``: moving|done|reverted|failed|unconfirmed. ``phase`` as in PlacementView."""

    host: str
    domain: str
    origin: str | None
    goal: str | None
    state: str
    phase: str
    attempt: int
    started: str | None
    finished: str | None
    detail: str
    log: list[str]


# `from` is a keyword, hence the functional form. `configuration`: it brings another one.
ItemView = TypedDict(
    "ItemView",
    {
        "service": str,
        "from": "str | None",
        "to": str,
        "state": str,
        "done": int,
        "total": int,
        "failure": str,
        "configuration": NotRequired[bool],
        "moves": "list[MoveView]",
    },
)


class ForecastView(TypedDict):
    start: str | None
    end: str | None
    end_p90: str | None


class LegView(TypedDict):
    """The rollout of one service of a change, as foreseen."""

    change: str
    environment: str
    service: str
    to: str
    start: str | None
    end: str | None


class ForeseenView(TypedDict):
    """One change as foreseen; ``held`` names the reasons why it has no end."""

    change: str
    start: str | None
    end: str | None
    end_p90: str | None
    held: str


class ForecastsView(TypedDict):
    """What starts and ends when, as things stand. ``complete``: all of it could be foreseen in
    the time and the thirty days that a forecast has."""

    made: str | None
    complete: bool
    changes: list[ForeseenView]
    legs: list[LegView]


class AccuracyView(TypedDict):
    """Errors are parts of the time between the forecast and the event, None while nothing was
    measured; ``covered`` is the part of ends that came by ``end_p90``."""

    starts: int
    ends: int
    start_error: float | None
    end_error: float | None
    covered: float | None


class ChangeView(TypedDict):
    id: str
    environment: str
    kind: str
    items: list[ItemView]
    state: str
    requested_by: str
    reason: str
    on_failure: str
    created: str | None
    started: str | None
    finished: str | None
    failure: str
    waits: list[WaitView]
    forecast: ForecastView


StepView = TypedDict(
    "StepView",
    {
        "order": int,
        "service": str,
        "from": "str | None",
        "to": str,
        "after": "list[str]",
        "environment": str,
        "configuration": NotRequired[bool],
        "start": "str | None",
        "end": "str | None",
    },
)


class LockstepPair(TypedDict):
    consumer: str
    consumer_version: str
    provider: str
    provider_version: str
    needs: str


class LockstepView(TypedDict):
    services: list[str]
    pairs: list[LockstepPair]


BridgeView = TypedDict("BridgeView", {"environment": str, "service": str, "from": "str | None", "to": str})


class PlanView(TypedDict):
    """``refused`` is the sentence with which ``deploy`` would refuse this, "" if it would not;
    ``touches`` names the direct dependents of what would move. ``chain``, of a rollback that
    others refuse: what would have to go back with it, in order."""

    steps: list[StepView]
    waits: list[WaitView]
    lockstep: list[LockstepView]
    bridge: list[BridgeView]
    chain: list[BridgeView]
    refused: str
    touches: list[str]


class HostView(TypedDict):
    host: str
    environment: str
    domain: str
    address: str
    state: str
    latency_ms: float | None
    fenced: bool
    reason: str
    placements: list[str]


class NeedView(TypedDict):
    provider: str
    version: str
    when: str


class ServiceView(TypedDict):
    """A node of the graph. ``layer`` counts from 0 (needs nothing) upwards; ``versions`` are
    the artifacts known, newest first."""

    service: str
    team: str
    labels: dict[str, str]
    needs: list[NeedView]
    needed_by: list[str]
    layer: int
    environments: list[str]
    versions: list[str]


class GraphView(TypedDict):
    organization: str
    environments: list[str]
    services: list[ServiceView]


class EngineView(TypedDict):
    """``lag_ms`` is how late the loop last woke; ``busy`` counts moves in flight."""

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


class Board(TypedDict):
    """All that the console's screens draw, in one reply. ``changes`` holds the unfinished
    ones in the queue's order, then the latest finished, newest first."""

    engine: EngineView
    status: list[StatusRow]
    changes: list[ChangeView]
    hosts: list[HostView]


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


class BranchView(TypedDict):
    """One wait of the tree behind an answer; ``depth`` 0 holds the subject itself, 1 what holds
    that, and so on."""

    depth: int
    wait: WaitView


class WhyView(TypedDict):
    """``answer`` is one sentence; ``waits`` the smallest set that holds the subject, through
    the chain; ``action`` the one command that would move it most, "" if there is none."""

    subject: str
    answer: str
    waits: list[WaitView]
    chain: list[BranchView]
    action: str


class LogView(TypedDict):
    """What one move's service and step wrote, oldest line first. ``state`` as in MoveView."""

    service: str
    host: str
    step: str
    state: str
    detail: str
    lines: list[str]


class DeployRequest(TypedDict):
    """``services`` maps a service to the version wanted. ``environment`` "" means the only
    one there is. ``accept_bridge``: where no order is safe, queue the bridge's steps;
    ``through``: a change for each environment up to this one. ``reconfigure`` (apply only): take
    what differs in configuration or placements too; with no services, of all of them."""

    environment: str
    services: dict[str, str]
    reason: NotRequired[str]
    accept_bridge: NotRequired[bool]
    through: NotRequired[str]
    reconfigure: NotRequired[bool]
    on_failure: NotRequired[str]
    dry_run: NotRequired[bool]


class RollbackRequest(TypedDict):
    """``subject``: SERVICE, SERVICE@ENV or a change's id; ``to`` only with a service."""

    subject: str
    to: NotRequired[str]
    reason: NotRequired[str]
    chain: NotRequired[bool]


class SubjectRequest(TypedDict):
    """pause, resume, hold, release, cancel: a change's id, an instance, or "" for the engine."""

    subject: str


class ProbeRequest(TypedDict):
    """The hosts to look at now; none means all."""

    hosts: list[str]


class Accepted(TypedDict):
    """What was queued ("" if nothing had to be), and a sentence for the operator. ``changes``
    are all of them where the request became several, each following the one before."""

    change: str
    message: str
    changes: NotRequired[list[str]]


class Problem(TypedDict):
    """The body of every refusal (status 4xx): a sentence, and the names that are near."""

    error: str
    nearest: list[str]
