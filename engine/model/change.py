"""Changes and their rollouts: what was asked, and how far it has come.

A change holds items, one per service; an item's rollout holds moves, one per host that was
touched. Statuses change only along the two tables below (``advance``): an event that would
leave them is a bug and raises.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from engine.errors import IllegalTransition
from engine.model.consent import Approval, Override
from engine.model.forecast import Foreseen
from engine.model.hook import HookRun
from engine.model.names import InstanceId
from engine.model.outage import Outage
from engine.model.service import Configuration
from engine.model.stage import Bake
from engine.model.staging import Staged


class Status(StrEnum):
    """Where a change or one of its items stands; the contract's words."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REVERTING = "reverting"
    REVERTED = "reverted"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


LEGAL: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.WAITING: frozenset(
            {
                *(Status.RUNNING, Status.PAUSED, Status.SUCCEEDED),
                *(Status.CANCELLED, Status.SUPERSEDED, Status.FAILED),
            }
        ),
        Status.RUNNING: frozenset(
            {
                Status.WAITING,  # a change that went back whole when its window closed
                Status.PAUSED,
                Status.SUCCEEDED,
                Status.FAILED,
                Status.REVERTING,
                Status.SUPERSEDED,
            }
        ),
        Status.PAUSED: frozenset(
            {
                Status.SUCCEEDED,
                Status.WAITING,
                Status.RUNNING,
                Status.REVERTING,
                Status.FAILED,
                Status.CANCELLED,
                Status.SUPERSEDED,
            }
        ),
        Status.REVERTING: frozenset({Status.REVERTED, Status.FAILED, Status.WAITING}),  # on_close: revert
        Status.SUCCEEDED: frozenset({Status.REVERTING}),  # on_failure: revert_all
        Status.FAILED: frozenset({Status.WAITING}),  # retry, which begins the failed ones anew
        Status.REVERTED: frozenset({Status.WAITING}),
        Status.CANCELLED: frozenset({Status.WAITING}),  # an item that an abort or revert_all left out
        Status.SUPERSEDED: frozenset(),
    }
)

FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.REVERTED, Status.CANCELLED, Status.SUPERSEDED})
UNSUCCESSFUL = frozenset({Status.FAILED, Status.REVERTED, Status.REVERTING})
UNFINISHED_ROLLOUT = frozenset({Status.RUNNING, Status.PAUSED, Status.REVERTING})


def advance(old: Status, new: Status) -> Status:
    """``new``, if the table allows it from ``old``; staying is always allowed."""
    if new is not old and new not in LEGAL[old]:
        raise IllegalTransition(f"a status cannot go from {old.value} to {new.value}")
    return new


class MoveState(StrEnum):
    """What became of one placement's move."""

    MOVING = "moving"  # intended; no outcome yet: both ends may be running
    DONE = "done"  # at its goal, healthy, confirmed
    REVERTED = "reverted"  # judged unhealthy on the host, which put the old release back
    FAILED = "failed"  # could not be carried out; the placement was not touched or is broken
    WITHHELD = "withheld"  # its artifact was not what was accepted: nothing was sent or touched
    ABANDONED = "abandoned"  # its host was retired: nobody knows, and it matters no more
    UNCONFIRMED = "unconfirmed"  # was healthy, but no confirmation reached the host: put back


@dataclass(frozen=True, slots=True)
class Move:
    """One placement going from ``origin`` to ``goal`` (None: nothing installed). ``back``: it
    takes the rollout back (its goal is the item's origin), configuration included.

    ``step`` names it on the host, for ever: the host runs a name once and keeps its result.
    ``detail`` says what went wrong, ``log`` holds the service's last lines. ``forgiven``: a
    person resumed the change after this failed, so it does not count against the next try.
    ``ended_s`` is engine time: retries are spaced by it. ``failures`` counts the forward moves of
    this placement that failed before this one.
    """

    host: str
    step: str
    origin: str | None
    goal: str | None
    attempt: int
    started: datetime
    back: bool = False
    state: MoveState = MoveState.MOVING
    finished: datetime | None = None
    detail: str = ""
    log: tuple[str, ...] = ()
    forgiven: bool = False
    ended_s: float = 0.0
    failures: int = 0

    @property
    def has_failed(self) -> bool:
        """Whether it went forward and did not get there, for a reason that is the release's."""
        return not self.back and self.state in (MoveState.REVERTED, MoveState.FAILED)

    @property
    def counts_as_lost(self) -> bool:
        """Put back because the host could not be reached in time, and nobody has said go on."""
        return self.state is MoveState.UNCONFIRMED and not self.forgiven


@dataclass(frozen=True, slots=True)
class Item:
    """One service of a change. ``origin`` is the version it leaves (None: first installation,
    or several ran); ``failure`` is the sentence that says why it failed; ``sha256`` is the artifact's
    when the change was accepted ("" if there was none).

    ``progress_at_s`` is elapsed time of the last placement that became healthy: the progress
    deadline counts from there. ``retries`` counts how often people asked for it again: the
    names of its steps begin anew with each. ``shut_by`` is the window or freeze that paused it;
    ``again``: it goes back because of one, and then waits for its next turn.
    ``origin_sha256`` is the digest of the version it leaves, "" where it is not known: no other
    content may go under these names. ``outage``: its part in a lockstep that goes together.
    ``staged`` tells, by host, where its release was brought while it waited.
    ``bake`` is the stage that bakes or awaits promotion; ``passed`` are those that are through,
    each with the engine time; ``promoted_by`` let the canaries go on. ``stood_since_s``: a gate
    holds it since then, and the progress clock stands still.
    ``goal`` "": it is stopped and withdrawn. ``hosts``: only there (() = wherever it is placed).
    """

    service: str
    goal: str
    configuration: Configuration
    sha256: str = ""
    origin: str | None = None
    origin_configuration: Configuration | None = None
    status: Status = Status.WAITING
    moves: Mapping[str, Move] = field(default_factory=dict)
    progress_at_s: float = 0.0
    started: datetime | None = None
    finished: datetime | None = None
    failure: str = ""
    retries: int = 0
    shut_by: str = ""
    again: bool = False
    origin_sha256: str = ""
    outage: Outage | None = None
    staged: Mapping[str, Staged] = field(default_factory=dict)
    bake: Bake | None = None
    passed: Mapping[str, float] = field(default_factory=dict)
    promoted_by: str = ""
    stood_since_s: float | None = None
    hosts: tuple[str, ...] = ()

    @property
    def is_stopped(self) -> bool:
        """Whether an outage has it stand still for a while, or is about to."""
        return self.outage is not None and self.outage.stops and self.status in UNFINISHED_ROLLOUT

    def is_through(self, host: str, *, back: bool) -> bool:
        """Whether its placement on a host has moved as far as the rollout goes, or goes back."""
        move = self.moves.get(host)
        return back if move is None else move.state is MoveState.DONE and move.back is back

    def progress_s(self, now_s: float) -> float:
        """How long the progress clock has run at engine time ``now_s``."""
        return (now_s if self.stood_since_s is None else self.stood_since_s) - self.progress_at_s


class OnFailure(StrEnum):
    """What becomes of the items that are done when another fails."""

    HOLD = "hold"
    REVERT_ALL = "revert_all"


class Kind(StrEnum):
    """How a change came to be; ways back skip gates (plan.overrides)."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    RESTART = "restart"  # as it is, everywhere
    REMOVE = "remove"  # stopped and withdrawn; with `hosts`, from those only
    DRAIN = "drain"  # stopped on one host, for its maintenance
    RETURN = "return"  # brought back to its target there


@dataclass(frozen=True, slots=True)
class Change:
    """One operator's request: some services of one environment, with a reason.

    ``number`` is its place in the queue and, as text, its id. ``overrides`` are the gates that
    people lifted for it, expired ones included. ``held_by`` keeps it from starting, ``aborted_by``
    takes it back; ``rejection`` says who rejected it and why. ``expedited`` is its rank among the
    changes moved ahead (0: in its turn; the highest goes first). ``follows`` names the change that
    has to succeed before this one may start ("" = none): steps of one way. ``when_available``: it was taken
    before its artifacts were known. ``allow_lockstep``: where no order is safe, its services may be
    stopped together. ``promised`` is the first forecast that had an end, ``foreseen`` the latest.
    """

    number: int
    environment: str
    items: tuple[Item, ...]
    requested_by: str
    created: datetime
    reason: str = ""
    kind: Kind = Kind.DEPLOY
    on_failure: OnFailure = OnFailure.HOLD
    status: Status = Status.WAITING
    paused_by: str = ""
    follows: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    promised: Foreseen | None = None
    foreseen: Foreseen | None = None
    approvals: tuple[Approval, ...] = ()
    overrides: tuple[Override, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None
    when_available: bool = False
    held_by: str = ""
    aborted_by: str = ""
    rejection: str = ""
    expedited: int = 0
    allow_lockstep: bool = False
    hooks: Mapping[str, HookRun] = field(default_factory=dict)

    @property
    def is_errand(self) -> bool:
        """Whether it asks for no version: targets and what is desired stay as they are."""
        return self.kind is Kind.RESTART or self.is_tended

    @property
    def is_tended(self) -> bool:
        """Whether it concerns single hosts, and goes beside the queue (plan.tending)."""
        return self.kind in (Kind.DRAIN, Kind.RETURN) or any(item.hosts for item in self.items)

    @property
    def place(self) -> tuple[int, int]:
        """What the queue is ordered by: those moved ahead first, then who came first."""
        return (-self.expedited, self.number)

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that change when what the change would do changes: what
        an approval is bound to."""
        what = [(item.service, item.goal, item.configuration.digest, item.sha256) for item in self.items]
        text = json.dumps([self.environment, sorted(what)], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def id(self) -> str:
        """The name by which people call it."""
        return str(self.number)

    def item(self, service: str) -> Item:
        """The item of one service; KeyError if the change has none."""
        for item in self.items:
            if item.service == service:
                return item
        raise KeyError(service)

    def goes_again(self, item: Item) -> bool:
        """Whether an item that goes back will wait for its next turn."""
        return item.again and not self.aborted_by

    def instance(self, item: Item) -> InstanceId:
        """The instance an item moves."""
        return InstanceId(item.service, self.environment)
