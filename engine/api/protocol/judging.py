"""What would happen, what holds something, and when things will: previews, explanations, forecasts."""

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


StepView = TypedDict(
    "StepView",
    {
        "order": int,
        "service": str,
        "from": "str | None",
        "to": str,
        "after": "list[str]",
        "rather_after": NotRequired["list[str]"],  # by preference only: nothing forces it
        "in_lockstep": NotRequired[bool],  # it has no order at all: ``order`` only says where it stands
        "environment": str,
        "configuration": NotRequired[bool],
        "start": "str | None",
        "end": "str | None",
        "strategy": NotRequired[str],
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


class OutageView(TypedDict):
    """A lockstep carried out with an outage: ``stops`` stand still while the others of ``services``
    move, and ``dependents`` miss what they need. ``windows`` allow it ([]: nothing does), the first
    of them from ``opens`` on."""

    services: list[str]
    stops: list[str]
    dependents: list[str]
    windows: list[str]
    opens: str | None


class PlanView(TypedDict):
    """``refused`` is the sentence with which ``deploy`` would refuse this, "" if it would not;
    ``touches`` names the direct dependents of what would move. ``chain``, of a rollback that
    others refuse: what would have to go back with it, in order.
    ``violations``: the dependencies of what would move that are broken already. ``notes``: what
    else a person should know first, such as a migration that stays."""

    steps: list[StepView]
    waits: list[WaitView]
    lockstep: list[LockstepView]
    bridge: list[BridgeView]
    chain: list[BridgeView]
    outage: NotRequired[list[OutageView]]
    bridge_given_up: NotRequired[bool]
    violations: NotRequired[list[str]]
    notes: NotRequired[list[str]]
    refused: str
    touches: list[str]


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


class StartView(TypedDict):
    """A rollout that begins."""

    change: str
    service: str
    to: str


class LetLooseView(TypedDict):
    """What an override would do: the waits it lifts, what then starts at once, and what holds
    the change all the same. ``refused`` is the sentence with which it would be refused."""

    lifts: list[WaitView]
    starts: list[StartView]
    still: list[WaitView]
    until: str | None
    refused: str
