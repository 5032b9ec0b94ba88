"""Gates of the calendar: window policies and freezes. Asked before a rollout starts, and again
while it runs: a window may close, or a freeze begin, over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.model.change import Change, Item, Kind
from engine.model.wait import Reason, Wait
from engine.model.window import Freeze, OnClose, WindowPolicy
from engine.plan.durations import revert_s, rollout_s, together_s
from engine.plan.estate import Estate
from engine.plan.gates.case import Case
from engine.plan.gates.outage import together
from engine.plan.people.overrides import way_past
from engine.plan.sequencing.sequence import stopped_in
from engine.plan.times.windows import (
    HORIZON_DAYS,
    freezes_over,
    is_open,
    length_text,
    next_closing,
    next_opening,
    windows_over,
)

Shut = tuple[WindowPolicy | Freeze, Wait]


def window_closed(case: Case) -> Iterator[Wait]:
    """A window policy that applies is not open."""
    if case.change.kind is not Kind.ROLLBACK:
        yield from (wait for _, wait in closed_windows(case.estate, case.change, case.item))


def freeze(case: Case) -> Iterator[Wait]:
    """A freeze is on."""
    if case.change.kind is not Kind.ROLLBACK:
        yield from (wait for _, wait in freezes(case.estate, case.change, case.item))


def window_too_short(case: Case) -> Iterator[Wait]:
    """A window is open, and closes before the rollout and a way back would be over."""
    if case.change.kind is Kind.ROLLBACK:
        return
    estate, now = case.estate, case.estate.snapshot.now
    need_s = 0.0
    for policy in windows_over(estate.inventory, *case.instance):
        closing = next_closing(policy, now) if not policy.span and is_open(policy, now) else None
        if closing is None:
            continue
        need_s = need_s or _needed_s(case)
        if now + timedelta(seconds=need_s) > closing:
            until = next_opening(policy, now, need_s)
            left = length_text((closing - now).total_seconds())
            message = (
                f"the window {policy.name} closes in {left}, and the rollout with the time to revert takes "
                f"about {length_text(need_s)}{'' if until else f'; no window within {HORIZON_DAYS} days is that long'}"
            )
            way = way_past(estate, case.change, Reason.WINDOW_TOO_SHORT)
            unblock = way if until else f"set span: true in {policy.key}, or make the window longer"
            yield Wait(
                Reason.WINDOW_TOO_SHORT, str(case.instance), message, case.change.id, policy.key, unblock, until=until
            )


def _needed_s(case: Case) -> float:
    """Seconds for the way there and back."""
    estate, change = case.estate, case.change
    group = together(case)
    if group:
        goals = {name: change.item(name).goal for name in group}
        return 2 * together_s(estate, change, group, stopped_in(estate, change.environment, goals, group))
    return rollout_s(estate, change, case.item) + revert_s(estate, change, case.item)


def closed_windows(estate: Estate, change: Change, item: Item) -> Iterator[Shut]:
    """The window policies that are closed over an item now, each with its wait."""
    instance, now = change.instance(item), estate.snapshot.now
    for policy in windows_over(estate.inventory, *instance):
        if not is_open(policy, now):
            until = next_opening(policy, now)
            never = "" if until else f" and does not open within {HORIZON_DAYS} days"
            message = f"the window {policy.name} is closed{never}"
            way = way_past(estate, change, Reason.WINDOW_CLOSED)
            unblock = way if until else f"mend {policy.key}: interlock check says more"
            yield (
                policy,
                Wait(Reason.WINDOW_CLOSED, str(instance), message, change.id, policy.key, unblock, until=until),
            )


def freezes(estate: Estate, change: Change, item: Item) -> Iterator[Shut]:
    """The freezes that are on over an item now, each with its wait."""
    instance, now = change.instance(item), estate.snapshot.now
    for each in freezes_over(estate.inventory, *instance):
        if each.covers(now):
            message = f"the freeze {each.name} is on{f': {each.reason}' if each.reason else ''}"
            way = way_past(estate, change, Reason.FREEZE)
            yield each, Wait(Reason.FREEZE, str(instance), message, change.id, each.key, way, until=each.end)


def on_close(shut: list[Shut]) -> OnClose:
    """What a running rollout does when all of these are shut over it: the strictest counts."""
    asked = {policy.on_close for policy, _ in shut}
    return next(each for each in (OnClose.REVERT, OnClose.FINISH_BATCH, OnClose.FINISH) if each in asked)
