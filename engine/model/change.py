"""Changes and their rollouts: what was asked, and how far it has come.

A change holds items, one per service; an item's rollout holds moves, one per host that was
touched. Statuses change only along the two tables below (``advance``): an event that would
leave them is a bug and raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from engine.errors import IllegalTransition
from engine.model.inventory import Configuration
from engine.model.names import InstanceId


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
                Status.RUNNING,
                Status.PAUSED,
                Status.CANCELLED,
                Status.SUPERSEDED,
                Status.SUCCEEDED,
                Status.FAILED,
            }
        ),
        Status.RUNNING: frozenset(
            {Status.PAUSED, Status.SUCCEEDED, Status.FAILED, Status.REVERTING, Status.SUPERSEDED}
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
        Status.REVERTING: frozenset({Status.REVERTED, Status.FAILED}),
        Status.SUCCEEDED: frozenset({Status.REVERTING}),  # on_failure: revert_all
        Status.FAILED: frozenset(),
        Status.REVERTED: frozenset(),
        Status.CANCELLED: frozenset(),
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
    UNCONFIRMED = "unconfirmed"  # was healthy, but no confirmation reached the host: put back


@dataclass(frozen=True, slots=True)
class Move:
    """One placement going from ``origin`` to ``goal`` (None: nothing installed). ``back``: it
    takes the rollout back (its goal is the item's origin), configuration included.

    ``step`` names it on the host, for ever: the host runs a name once and keeps its result.
    ``detail`` says what went wrong, ``log`` holds the service's last lines. ``forgiven``: a
    person resumed the change after this failed, so it does not count against the next try.
    ``ended_s`` is engine time: retries are spaced by it.
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

    @property
    def counts_as_lost(self) -> bool:
        """Put back because the host could not be reached in time, and nobody has said go on."""
        return self.state is MoveState.UNCONFIRMED and not self.forgiven


@dataclass(frozen=True, slots=True)
class Item:
    """One service of a change. ``origin`` is the version it leaves (None: first installation,
    or several ran); ``failure`` is the sentence that says why it failed.

    ``progress_at_s`` is elapsed time of the last placement that became healthy: the progress
    deadline counts from there. ``sha256`` is the artifact's digest as it was accepted, and
    ``origin_sha256`` that of the version it leaves, "" where it is not known: no other content
    may go under these names.
    """

    service: str
    goal: str
    configuration: Configuration
    origin: str | None = None
    origin_configuration: Configuration | None = None
    status: Status = Status.WAITING
    moves: Mapping[str, Move] = field(default_factory=dict)
    progress_at_s: float = 0.0
    started: datetime | None = None
    finished: datetime | None = None
    failure: str = ""
    sha256: str = ""
    origin_sha256: str = ""


class OnFailure(StrEnum):
    """What becomes of the items that are done when another fails."""

    HOLD = "hold"
    REVERT_ALL = "revert_all"


class Kind(StrEnum):
    """How a change came to be; rollbacks skip the gates that product.md lists."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Change:
    """One operator's request: some services of one environment, with a reason.

    ``number`` is its place in the queue and, as text, its id.
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
    started: datetime | None = None
    finished: datetime | None = None

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

    def instance(self, item: Item) -> InstanceId:
        """The instance an item moves."""
        return InstanceId(item.service, self.environment)
