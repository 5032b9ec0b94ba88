"""What is seen over time: the calendar of windows and freezes, the four DORA figures, findings of `check`,
and which moment of the past a board shows."""

from __future__ import annotations

from typing_extensions import TypedDict


class ShutterView(TypedDict):
    """A policy and when nothing in its scope may start. ``kind``: window|freeze; ``instances``
    are those it holds; ``closed`` pairs of times [begin, end)."""

    policy: str
    kind: str
    reason: str
    instances: list[str]
    closed: list[list[str]]


class CalendarView(TypedDict):
    begin: str | None
    end: str | None
    policies: list[ShutterView]


class FiguresView(TypedDict):
    """``failure_rate`` is a part (0 to 1) of the rollouts that ended; times are medians in
    seconds, None where nothing was measured; ``broken``: failures not mended yet;
    ``daily``: deployments of each day, the earliest first."""

    name: str
    team: str
    deployments: int
    per_day: float
    lead_time_s: float | None
    failures: int
    failure_rate: float | None
    restore_s: float | None
    broken: int
    daily: list[int]


class DoraView(TypedDict):
    """Over ``days`` up to ``end``."""

    environment: str
    days: float
    begin: str | None
    end: str | None
    all: FiguresView
    teams: list[FiguresView]
    services: list[FiguresView]


class FindingView(TypedDict):
    """``severity``: error|warning."""

    file: str
    line: int
    severity: str
    rule: str
    message: str


class PastView(TypedDict):
    """The board shows the time after event ``seq``, which happened ``at``; the journal goes from
    ``first`` to event number ``last``."""

    seq: int
    at: str | None
    first: str | None
    last: int
