"""The four figures of DORA (DevOps Research and Assessment, "Accelerate"), from the journal: how often is
deployed, how long a change takes from the queue to done, how many fail, and how long until it is well again.

A *trial* is the rollout of one service of one change. It failed if it went back or stayed broken by
itself, or if a rollback undid it later; what a person aborted, or a window sent back to wait, is neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from engine.model.change import Kind, Status
from engine.model.decision import ChangeAborted
from engine.model.event import ChangeAccepted, Event, ItemStatus, Recorded
from engine.model.names import InstanceId

KINDS: tuple[type[Event], ...] = (ChangeAccepted, ChangeAborted, ItemStatus)
DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Trial:
    """``done`` is when it first succeeded, ``failed`` when it turned out not to be good,
    ``restored`` when the instance was well again; None: not (yet)."""

    instance: InstanceId
    change: str
    queued: datetime
    is_rollback: bool = False
    started: datetime | None = None
    turned: datetime | None = None
    done: datetime | None = None
    failed: datetime | None = None
    restored: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a group of services over some days. Times are medians in seconds, None where there is
    nothing to measure; ``broken`` counts failures that nothing has mended yet; ``daily`` the
    deployments of each day, the earliest first."""

    deployments: int
    per_day: float
    lead_time_s: float | None
    failures: int
    failure_rate: float | None
    restore_s: float | None
    broken: int
    daily: tuple[int, ...] = ()


def figures(trials: Iterable[Trial], begin: datetime, end: datetime) -> Figures:
    """What ended in [begin, end)."""
    days = max((end - begin) / timedelta(days=1), 1e-9)
    mine = [trial for trial in trials if not trial.is_rollback]
    done = [trial for trial in mine if trial.done is not None and begin <= trial.done < end]
    failed = [trial for trial in mine if trial.failed is not None and begin <= trial.failed < end]
    ended = {(trial.change, trial.instance) for trial in (*done, *failed)}
    leads = [(trial.done - trial.queued).total_seconds() for trial in done if trial.done]
    mended = [(t.restored - t.failed).total_seconds() for t in failed if t.restored and t.failed]
    return Figures(
        deployments=len(done),
        per_day=len(done) / days,
        lead_time_s=median(leads) if leads else None,
        failures=len(failed),
        failure_rate=len(failed) / len(ended) if ended else None,
        restore_s=median(mended) if mended else None,
        broken=sum(trial.restored is None for trial in failed),
        daily=_daily([trial.done for trial in done if trial.done], end, days),
    )


def _daily(ends: Sequence[datetime], end: datetime, days: float) -> tuple[int, ...]:
    """How many on each of the days before ``end``, the earliest first."""
    counts = [0] * max(1, math.ceil(days))
    for instant in ends:
        counts[-1 - int((end - instant) / timedelta(days=1))] += 1
    return tuple(counts)


def by(trials: Sequence[Trial], key: Callable[[Trial], str]) -> dict[str, list[Trial]]:
    """The trials in groups, by name."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(key(trial), []).append(trial)
    return dict(sorted(groups.items()))


def trials(events: Iterable[Recorded]) -> tuple[Trial, ...]:
    """Every trial that the journal tells of, in the order in which they were queued."""
    book = _Book({}, {}, {})
    for recorded in events:
        match recorded.event:
            case ChangeAccepted(change):
                for item in change.items:
                    trial = Trial(change.instance(item), change.id, recorded.at, change.kind is Kind.ROLLBACK)
                    book.found[change.id, item.service] = trial
            case ChangeAborted(change=name):
                for key in [key for key in book.found if key[0] == name]:
                    if book.found[key].done is None and book.found[key].failed is None:
                        del book.found[key]
            case ItemStatus(name, service, status):
                if (name, service) in book.found:
                    book.enter((name, service), status, recorded.at)
    return tuple(book.found.values())


@dataclass(slots=True)
class _Book:
    """What was read so far: ``good`` is the trial that each instance runs, ``broken`` are those
    of its failures that nothing has mended yet."""

    found: dict[tuple[str, str], Trial]
    good: dict[InstanceId, tuple[str, str]]
    broken: dict[InstanceId, list[tuple[str, str]]]

    def enter(self, key: tuple[str, str], status: Status, at: datetime) -> None:
        """A trial enters a status."""
        trial = self.found[key]
        if status is Status.RUNNING:
            self.found[key] = replace(trial, started=trial.started or at)
        elif status is Status.SUCCEEDED:
            self._succeed(key, trial, at)
        elif status is Status.REVERTING:
            self.found[key] = replace(trial, turned=at)
        elif status is Status.WAITING:
            self.found[key] = replace(trial, turned=None)  # a window sent it back, or a person tries again
        elif status is Status.REVERTED:
            self._fail(key, replace(trial, restored=trial.restored or at), trial.turned or at)
        elif status is Status.FAILED:
            self._fail(key, trial, trial.turned or at)

    def _succeed(self, key: tuple[str, str], trial: Trial, at: datetime) -> None:
        before = self.good.get(trial.instance)
        if trial.is_rollback and before in self.found and self.found[before].failed is None:
            self._fail(before, self.found[before], trial.queued)
        for broken in self.broken.pop(trial.instance, ()):
            if broken in self.found:
                self.found[broken] = replace(self.found[broken], restored=at)
        self.found[key] = replace(self.found[key], done=at, turned=None)
        self.good[trial.instance] = key

    def _fail(self, key: tuple[str, str], trial: Trial, at: datetime) -> None:
        self.found[key] = replace(trial, failed=trial.failed or at)
        if trial.restored is None:
            self.broken.setdefault(trial.instance, []).append(key)


def team_of(teams: Mapping[str, str]) -> Callable[[Trial], str]:
    """A key for ``by``: the team that owns the service now."""
    return lambda trial: teams.get(trial.instance.service, "")
