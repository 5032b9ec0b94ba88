"""Changes and their moves, as they are shown."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from engine.api.protocol.judging import ForecastView, OutageView, WaitView


class MoveView(TypedDict):
    """``state``: moving|done|reverted|failed|withheld|unconfirmed. ``phase`` as in PlacementView."""

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


class StagingView(TypedDict):
    """Where a release was brought while its change waits; ``faults`` say, by host, why not."""

    done: int
    total: int
    faults: dict[str, str]


class StageView(TypedDict):
    """Where a rollout is: ``name`` is canary, "domain NAME" or all; ``number`` counts from 1 of
    ``count`` stages; ``done`` of ``total`` placements of it are at the goal. ``text`` says it in
    a few words: "canary 1 of 1, baking 3m12s of 5m"."""

    name: str
    number: int
    count: int
    done: int
    total: int
    baking: bool
    bake_s: float
    baked_s: float
    awaits_promotion: bool
    text: str


class BatchView(TypedDict):
    """Placements that move together. ``state``: there (they needed no move), done, failed (not
    all of them arrived), now, next or later; next and later are foreseen, by the strategy."""

    state: str
    hosts: list[str]


class CourseView(TypedDict):
    """One stage of a rollout with its batches. ``name`` is canary, "domain NAME" or all; ``state``:
    done, moving, baking, promotion (a person has to promote it) or ahead; ``done`` of ``total``
    placements are at the goal; ``promoted_by_hand``: somebody has to let it go on."""

    name: str
    state: str
    bake_s: float
    baked_s: float
    promoted_by_hand: bool
    done: int
    total: int
    batches: list[BatchView]


# `from` is a keyword, hence the functional form. `configuration`: it brings another one.
# `stage`: None where it goes in one, or is not on its way. `course`: None where it is not on its way.
ItemView = TypedDict(
    "ItemView",
    {
        "service": str,
        "from": "str | None",
        "to": "str | None",
        "state": str,
        "done": int,
        "total": int,
        "failure": str,
        "started": NotRequired["str | None"],
        "finished": NotRequired["str | None"],
        "configuration": NotRequired[bool],
        "staged": NotRequired[StagingView],
        "stage": "NotRequired[StageView | None]",
        "course": "NotRequired[list[CourseView] | None]",
        "hosts": "NotRequired[list[str]]",
        "moves": "list[MoveView]",
    },
)


class ApprovalView(TypedDict):
    """``current``: it was given for the change as it is now. ``until``: it counts no longer than
    that, where a policy says so; ``over``: that time is past."""

    by: str
    at: str | None
    current: bool
    until: str | None
    over: bool


class GivenOverrideView(TypedDict):
    gate: str
    by: str
    reason: str
    until: str | None
    active: bool


class HookView(TypedDict):
    """One run of a hook: for the placement on ``host``, run ``on`` a host or "engine". ``state``:
    running|done|failed|unknown|set aside|withheld."""

    hook: str
    service: str
    host: str
    on: str
    state: str
    attempt: int
    started: str | None
    finished: str | None
    detail: str
    log: list[str]


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
    digest: str
    approvals: list[ApprovalView]
    overrides: list[GivenOverrideView]
    evidence: dict[str, str]
    not_before: str | None
    held_by: str
    aborted_by: str
    rejection: str
    expedited: bool
    allow_lockstep: NotRequired[bool]
    outage: NotRequired[list[OutageView]]
    hooks: NotRequired[list[HookView]]
    warnings: NotRequired[list[str]]


class LogView(TypedDict):
    """What one move's service and step wrote, oldest line first. ``state`` as in MoveView."""

    service: str
    host: str
    step: str
    state: str
    detail: str
    lines: list[str]
