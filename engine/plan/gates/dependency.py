"""Gates of dependencies: versions, health and turns of the services this one is joined with."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.model.change import Change, Kind, Status
from engine.model.names import InstanceId
from engine.model.version import satisfies
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.gates.advice import out_of_lockstep, way_back, what_to_queue
from engine.plan.gates.case import Case
from engine.plan.gates.outage import covered, together
from engine.plan.sequencing.sequence import Clash, clash_of

TAKEN_OVER = frozenset({Status.WAITING, Status.RUNNING, Status.PAUSED, Status.SUPERSEDED})


def lockstep(case: Case) -> Iterator[Wait]:
    """Part of a group for which no order is safe."""
    caught = case.order.lockstep_of(case.item.service)
    if caught and not covered(case):
        group, clashes = caught
        shown = "; ".join(clash.sentence() for clash in clashes)
        message = f"no safe order exists for {', '.join(group)}: {shown}"
        unblock = out_of_lockstep(case, group, {name: case.ends[name][1] for name in group if name in case.ends})
        yield case.wait(Reason.LOCKSTEP, message, owner=case.owner(case.item.service), unblock=unblock)


def dependency_version(case: Case) -> Iterator[Wait]:
    """What would run beside it after the move, or while it moves, refuses it."""
    for other, consumer, first, clash in _clashes(case):
        deadlock = _clash_before(case, other, consumer, first) if first else None
        if first and deadlock:
            yield _caught(case, other, first, (clash, deadlock))
        else:
            yield _first(case, other, first, clash) if first else _refused(case, other, clash)


def goes_first(case: Case) -> dict[str, str]:
    """The services that versions want to move before this one, each with the change that moves it."""
    forced = case.order.before.get(case.item.service, {})
    wanted = {name: case.ends[name][0].id for name, clash in forced.items() if clash and name in case.ends}
    return wanted | {other: first[0].id for other, _, first, _ in _clashes(case) if first}


def _clashes(case: Case) -> Iterator[tuple[str, str, tuple[Change, str] | None, Clash]]:
    """What refuses this move: the other service, which of the two is the consumer, what the other is
    to run first (by which change; None if nothing that is queued would do), and the clash."""
    group = together(case)
    if case.order.lockstep_of(case.item.service) and not group:
        return
    estate = case.estate
    mine = estate.may_run(case.instance)
    for consumer, provider, other in case.pairs():
        theirs = estate.may_run(InstanceId(other, case.change.environment))
        coming = _coming(case, other)
        end = _clash(case, other, consumer, {coming[1]} if coming else theirs)
        if end is not None and coming and _cannot_come(case, other, coming[0]):
            end = _clash(case, other, consumer, theirs)  # it blocks nobody
            coming = None
        if end is not None:
            yield other, consumer, _queued_too(case, other, consumer), end
            continue
        if other in group or not coming:
            continue  # it is stopped, or moves while this one is; or it stays as it is
        now = _clash(case, other, consumer, theirs)
        if now is not None and not _is_broken(case, consumer, provider, mine, theirs):
            yield other, consumer, coming, now


def _first(case: Case, other: str, coming: tuple[Change, str], clash: Clash) -> Wait:
    """The wait for a change of the other side."""
    message = f"{other} {coming[1]} (change {coming[0].id}) has to be there first: {clash.sentence()}"
    return case.wait(Reason.DEPENDENCY_VERSION, message, owner=case.owner(other), blocker=coming[0].id)


def _caught(case: Case, other: str, coming: tuple[Change, str], clashes: tuple[Clash, Clash]) -> Wait:
    """The wait of what fits beside nothing but a version that would have to come at the same moment."""
    name, (change, goal) = case.item.service, coming
    shown = "; ".join(clash.sentence() for clash in clashes)
    message = f"{other} {goal} (change {change.id}) would fit, but no safe order exists for the two: {shown}"
    unblock = out_of_lockstep(case, (name, other), {name: case.item.goal, other: goal})
    return case.wait(Reason.LOCKSTEP, message, owner=case.owner(other), unblock=unblock)


def _refused(case: Case, other: str, end: Clash) -> Wait:
    """The wait of what nothing in the queue will ever let go."""
    back = case.change.kind is Kind.ROLLBACK
    reason = Reason.DEPENDENT_INCOMPATIBLE if back else Reason.DEPENDENCY_VERSION
    unblock = (way_back(case, other) if back else "") or what_to_queue(case, other)
    message = f"{end.sentence()}; nothing queued changes that"
    return case.wait(reason, message, owner=case.owner(other), unblock=unblock)


def _is_broken(case: Case, consumer: str, provider: str, mine: Collection[str], theirs: Collection[str]) -> bool:
    """Whether versions of this service and of the other side refuse each other already."""
    if consumer == case.item.service:
        return clash_of(case.estate, consumer, mine, provider, theirs) is not None
    return clash_of(case.estate, consumer, theirs, provider, mine) is not None


def _coming(case: Case, other: str) -> tuple[Change, str] | None:
    """Where the other side will end. An older change that this one takes an item from has to see
    for its unstarted ones whether they still fit: they do not hold the newer."""
    coming = case.ends.get(other)
    if coming is None or coming[0].number >= case.change.number:
        return coming
    older = {item.service: item.status for item in coming[0].items}
    robbed = older.get(case.item.service) in TAKEN_OVER and older.get(other) is Status.WAITING
    return None if robbed else coming


def _cannot_come(case: Case, other: str, change: Change) -> bool:
    """Whether another change that is to move this neighbour cannot, whatever its turn."""
    rolling = case.estate.rolling(InstanceId(other, case.change.environment))
    return other in case.blocked and change.id not in (case.change.id, rolling.id if rolling else "")


def _queued_too(case: Case, other: str, consumer: str) -> tuple[Change, str] | None:
    """A change that waits and would bring the other side to where it fits, although another one
    leads there as long as something else holds it: this very change, or else the newest. One that
    can go before this is better than one that cannot."""
    found = [
        (change, item.goal)
        for change, item in case.estate.items.get(InstanceId(other, case.change.environment), ())
        if item.status is Status.WAITING
        and not change.finished
        and item.goal
        and _clash(case, other, consumer, {item.goal}) is None
    ]
    able = [each for each in found if _clash_before(case, other, consumer, each) is None]
    found = able or found
    return next((each for each in found if each[0].id == case.change.id), found[-1] if found else None)


def _clash_before(case: Case, other: str, consumer: str, coming: tuple[Change, str]) -> Clash | None:
    """Why the other side cannot go there before this one moves; None if it can, if they refuse each
    other already, or if both are to move together, in an outage."""
    change, goal = coming
    name, mine = case.item.service, case.estate.may_run(case.instance)
    provider = name if other == consumer else other
    theirs = case.estate.may_run(InstanceId(other, case.change.environment))
    if (change.id == case.change.id and change.allow_lockstep) or _is_broken(case, consumer, provider, mine, theirs):
        return None
    if other == consumer:
        return clash_of(case.estate, other, [goal], name, mine)
    return clash_of(case.estate, name, mine, other, [goal])


def _clash(case: Case, other: str, consumer: str, theirs: Collection[str]) -> Clash | None:
    """The clash of this case's goal with versions of the other side of one dependency."""
    name, goal = case.item.service, case.item.goal
    if other == consumer:
        return clash_of(case.estate, other, theirs, name, [goal])
    return clash_of(case.estate, name, [goal], other, theirs)


def dependency_unhealthy(case: Case) -> Iterator[Wait]:
    """A provider is not healthy: dependents start after it is. What is itself unhealthy may
    always be mended, and rollbacks wait for nobody's health."""
    estate, environment = case.estate, case.change.environment
    if case.change.kind is Kind.ROLLBACK or (estate.may_run(case.instance) and not estate.is_healthy(case.instance)):
        return
    group = together(case)
    for provider in estate.providers(case.item.service):
        instance = InstanceId(provider, environment)
        if not _applies(case, provider) or estate.is_healthy(instance) or provider in (case.item.service, *group):
            continue
        if estate.rolling(instance):
            continue  # what a rollout takes down is no illness, and it is waited for anyway
        if not estate.may_run(instance) and case.item.service in case.order.before.get(provider, {}):
            continue  # both are installed for the first time, in a cycle: by name
        coming = case.ends.get(provider)
        blocker = coming[0].id if coming and not estate.may_run(instance) else ""
        message = f"{instance} is not healthy: {_illness(estate, instance)}"
        unblock = "" if coming else f"interlock deploy {provider}=VERSION -e {environment}"
        yield case.wait(
            Reason.DEPENDENCY_UNHEALTHY, message, owner=case.owner(provider), unblock=unblock, blocker=blocker
        )


def _applies(case: Case, provider: str) -> bool:
    """Whether the goal needs the provider at all (``when`` may exempt it)."""
    declared = case.estate.service(case.item.service)
    scheme = case.estate.scheme(case.item.service)
    return any(
        need.provider == provider and (not need.when or satisfies(scheme, case.item.goal, need.when))
        for need in (declared.needs if declared else ())
    )


def _illness(estate: Estate, instance: InstanceId) -> str:
    placements = estate.inventory.placements(instance)
    bad = [placement for placement in placements if not estate.available(placement)]
    if not placements:
        return "it has no placement here"
    if not estate.may_run(instance):
        return "it is not installed yet"
    sighting = estate.state.sightings.get(bad[0])
    reason = sighting.detail if sighting and sighting.detail else "its last check did not pass"
    if not estate.reachable(bad[0].host):
        reason = "its host does not answer"
    return f"{len(bad)} of {len(placements)} unavailable ({bad[0].host}: {reason})"


def dependency_busy(case: Case) -> Iterator[Wait]:
    """Joined services never roll at the same time, and each has its turn."""
    environment, name = case.change.environment, case.item.service
    for other in (name, *case.estate.neighbours(name)):
        change = case.estate.rolling(InstanceId(other, environment))
        if change and not (other == name and change.id == case.change.id):
            message = f"{other} is rolling (change {change.id})"
            yield case.wait(Reason.DEPENDENCY_BUSY, message, owner=case.owner(other), blocker=change.id)
        earlier = case.reserved.get(other)
        if earlier and earlier.id != case.change.id and not change and case.change.kind is not Kind.ROLLBACK:
            message = f"change {earlier.id} came first and is about to move {other}"
            yield case.wait(Reason.DEPENDENCY_BUSY, message, owner=earlier.requested_by, blocker=earlier.id)
    group = together(case)
    if case.order.lockstep_of(name) and not group:
        return
    for first in goes_after(case):
        coming = case.ends.get(first)
        if first not in group and coming and not case.estate.rolling(InstanceId(first, environment)):
            message = f"{first} {coming[1]} (change {coming[0].id}) goes first"
            yield case.wait(Reason.DEPENDENCY_BUSY, message, owner=case.owner(first), blocker=coming[0].id)


def goes_after(case: Case) -> Iterator[str]:
    """The services that go before this one in the order of the line."""
    for first, clash in case.order.before.get(case.item.service, {}).items():
        coming = case.ends.get(first)
        if clash is None and coming and coming[0].id != case.change.id:
            continue  # between changes the queue decides, not a mere preference
        yield first
