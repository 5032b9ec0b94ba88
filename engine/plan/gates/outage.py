"""Locksteps that may be carried out with an outage: the services of one group that one change
moves (``--allow-lockstep``), in a window that says ``outage: true``. They begin together, or not
at all: what holds one of them holds all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.model.change import Kind, Status
from engine.model.wait import Reason, Wait
from engine.model.window import WindowPolicy
from engine.plan.care.upkeep import aside_wait, shut
from engine.plan.estate import Estate
from engine.plan.gates.case import Case
from engine.plan.people.overrides import way_past
from engine.plan.times.windows import HORIZON_DAYS, is_open, next_opening, windows_over


def together(case: Case) -> tuple[str, ...]:
    """The services, this one among them, that its change may carry out together with an outage;
    () if it is caught in no lockstep, or in one that needs a safe order all the same."""
    group = covered(case)
    return group if all(case.ends[name][0].id == case.change.id for name in group) else ()


def covered(case: Case) -> tuple[str, ...]:
    """The lockstep it is caught in, if its change may take it with an outage and asks for every move
    in it. Another change may still lead for one of them: one that is older, as long as something
    else holds this one."""
    caught = case.order.lockstep_of(case.item.service)
    if caught is None or not case.change.allow_lockstep:
        return ()
    group, _ = caught
    mine = {item.service: item.goal for item in case.change.items if item.status is Status.WAITING}
    asked = all(name in case.ends and mine.get(name) == case.ends[name][1] for name in group)
    return group if asked else ()


def outage_windows(estate: Estate, service: str, environment: str) -> tuple[WindowPolicy, ...]:
    """The window policies over an instance that allow outages."""
    return tuple(policy for policy in windows_over(estate.inventory, service, environment) if policy.outage)


def outage(case: Case) -> Iterator[Wait]:
    """An outage begins only in a window for outages, and only where every host answers: what
    cannot be reached cannot be stopped, and would run on beside what it refuses. As no window
    holds a way back, none has to be open for one: who asked for it has decided."""
    group = covered(case)
    if not group:
        return
    estate, now = case.estate, case.estate.snapshot.now
    windows = outage_windows(estate, *case.instance)
    if case.change.kind is not Kind.ROLLBACK and not any(is_open(policy, now) for policy in windows):
        moments = [moment for policy in windows if (moment := next_opening(policy, now))]
        names = " or ".join(policy.name for policy in windows)
        message = f"{', '.join(group)} go in lockstep, which takes an outage, and "
        message += f"the window {names} is closed" if windows else "no window with outage: true covers them"
        if windows and not moments:
            message += f" and does not open within {HORIZON_DAYS} days"
        owner = windows[0].key if windows else "policies.windows"
        way = way_past(estate, case.change, Reason.WINDOW_CLOSED) if windows else "add outage: true to a window"
        yield replace(case.wait(Reason.WINDOW_CLOSED, message, owner, way), until=min(moments, default=None))
    for placement in estate.placements(case.instance):
        if aside := shut(estate, placement.host):
            yield aside_wait(aside, placement, case.change.id)
        known = estate.state.hosts.get(placement.host)
        if known is None or not estate.reachable(placement.host) or not known.fenced:
            why = known.reason if known and known.reason else "it does not answer, or has not been claimed yet"
            message = f"an outage begins only where every host can be stopped; {placement.host}: {why}"
            yield case.wait(Reason.HOST_UNREACHABLE, message, unblock=f"interlock probe {placement.host}")
            return


def companions(case: Case) -> Iterator[Case]:
    """The same question for the others that would begin together with it."""
    for name in covered(case):
        if name != case.item.service:
            yield replace(case, item=case.change.item(name))


def shared(case: Case, other: Case, wait: Wait) -> Wait:
    """What holds another one of the group, as it holds this one."""
    message = f"goes together with {other.item.service}: {wait.message}"
    return replace(wait, subject=str(case.instance), message=message)


def not_yet(case: Case) -> Iterator[Wait]:
    """It could go with the others of its lockstep, but an older change still leads for one of them:
    it takes that over, and goes when it has."""
    if not covered(case) or together(case):
        return
    name, (leader, _) = next((n, case.ends[n]) for n in covered(case) if case.ends[n][0].id != case.change.id)
    message = f"{', '.join(covered(case))} go together, and change {leader.id} still leads for {name}"
    yield case.wait(Reason.DEPENDENCY_BUSY, message, owner=leader.requested_by, blocker=leader.id)
