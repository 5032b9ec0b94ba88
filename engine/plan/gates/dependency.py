"""Gates of dependencies: versions, health and turns of the services this one is joined with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.model.change import Change, Kind, Status
from engine.model.names import InstanceId
from engine.model.state import Good
from engine.model.version import satisfies, sort_key
from engine.model.wait import Reason, Wait
from engine.plan.backward import chain
from engine.plan.bad import is_bad
from engine.plan.bridge import bridge
from engine.plan.estate import Estate
from engine.plan.gates.case import Case
from engine.plan.gates.outage import outage_windows, together
from engine.plan.sequence import Clash, clash_of

TAKEN_OVER = frozenset({Status.WAITING, Status.RUNNING, Status.PAUSED, Status.SUPERSEDED})


def lockstep(case: Case) -> Iterator[Wait]:
    """Part of a group for which no order is safe."""
    caught = case.order.lockstep_of(case.item.service)
    if caught and not together(case):
        group, clashes = caught
        shown = "; ".join(clash.sentence() for clash in clashes)
        message = f"no safe order exists for {', '.join(group)}: {shown}"
        unblock = _over_bridge(case, group) or _with_outage(case, group)
        unblock = unblock or "ask their teams for a version in between that accepts both sides"
        yield case.wait(Reason.LOCKSTEP, message, owner=case.owner(case.item.service), unblock=unblock)


def _over_bridge(case: Case, group: tuple[str, ...]) -> str:
    """The command that takes the bridge, "" if none is known."""
    goals = {name: case.ends[name][1] for name in group if name in case.ends}
    environment = case.change.environment
    if not bridge(case.estate, environment, goals):
        return ""
    wanted = " ".join(f"{name}={version}" for name, version in sorted(goals.items()))
    return f"interlock deploy {wanted} -e {environment} --accept-bridge"


def _with_outage(case: Case, group: tuple[str, ...]) -> str:
    """The command that queues the group as one change with an outage, "" if no window would allow it."""
    environment = case.change.environment
    goals = {name: case.ends[name][1] for name in group if name in case.ends}
    if len(goals) < len(group) or not all(outage_windows(case.estate, name, environment) for name in group):
        return ""
    if case.change.kind is Kind.ROLLBACK:
        return f"cancel change {case.change.id}, and ask for the same rollback with --allow-lockstep"
    wanted = " ".join(f"{name}={version}" for name, version in sorted(goals.items()))
    return f"interlock deploy {wanted} -e {environment} --allow-lockstep"


def dependency_version(case: Case) -> Iterator[Wait]:
    """What would run beside it after the move, or while it moves, refuses it."""
    group = together(case)
    if case.order.lockstep_of(case.item.service) and not group:
        return
    estate = case.estate
    mine = estate.may_run(case.instance)
    for consumer, provider, other in case.pairs():
        theirs = estate.may_run(InstanceId(other, case.change.environment))
        coming = _coming(case, other)
        end = _clash(case, other, consumer, {coming[1]} if coming else theirs)
        if end is not None:
            back = case.change.kind is Kind.ROLLBACK
            reason = Reason.DEPENDENT_INCOMPATIBLE if back else Reason.DEPENDENCY_VERSION
            unblock = (_whole_chain(case) if back else "") or _what_to_queue(case, consumer, other)
            message = f"{end.sentence()}; nothing queued changes that"
            yield case.wait(reason, message, owner=case.owner(other), unblock=unblock)
            continue
        if other in group or not coming:
            continue  # it is stopped, or moves while this one is; or it stays as it is
        now = _clash(case, other, consumer, theirs)
        if now is not None and not _is_broken(case, consumer, provider, mine, theirs):
            message = f"{other} {coming[1]} (change {coming[0].id}) has to be there first: {now.sentence()}"
            yield case.wait(Reason.DEPENDENCY_VERSION, message, owner=case.owner(other), blocker=coming[0].id)


def _is_broken(case: Case, consumer: str, provider: str, mine: Iterable[str], theirs: Iterable[str]) -> bool:
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


def _whole_chain(case: Case) -> str:
    """The command that takes everything back that refuses this way back, "" if nothing fits."""
    goals = {item.service: Good(item.goal, item.configuration, item.sha256) for item in case.change.items}
    if not chain(case.estate, case.change.environment, goals):
        return ""
    if len(goals) > 1:
        return "cancel it, and roll the change back with --chain"
    return f"interlock rollback {case.instance} --to {case.item.goal} --chain"


def _clash(case: Case, other: str, consumer: str, theirs: Iterable[str]) -> Clash | None:
    """The clash of this case's goal with versions of the other side of one dependency."""
    name, goal = case.item.service, case.item.goal
    if other == consumer:
        return clash_of(case.estate, other, theirs, name, [goal])
    return clash_of(case.estate, name, [goal], other, theirs)


def _what_to_queue(case: Case, consumer: str, other: str) -> str:
    """The command that would bring the other side to where it fits, if a known version does:
    one that was healthy somewhere before one that never ran, then the newest."""
    estate = case.estate
    scheme = estate.scheme(other)
    fitting = [
        version
        for version in estate.snapshot.catalog.versions(other)
        if _clash(case, other, consumer, {version}) is None
        and not is_bad(estate, InstanceId(other, case.change.environment), version)
    ]
    if not fitting:
        return f"no known version of {other} fits {case.item.service} {case.item.goal}"
    proven = {
        good.version for known in estate.state.instances.values() if known.id.service == other for good in known.good
    }
    best = max(fitting, key=lambda version: (version in proven, sort_key(scheme, version)))
    return f"interlock deploy {other}={best} -e {case.change.environment}"


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
    for first, clash in case.order.before.get(name, {}).items():
        coming = case.ends.get(first)
        if first in group:
            continue
        if clash is None and coming and coming[0].id != case.change.id:
            continue  # between changes the queue decides, not a mere preference
        if coming and not case.estate.rolling(InstanceId(first, environment)):
            message = f"{first} {coming[1]} (change {coming[0].id}) goes first"
            yield case.wait(Reason.DEPENDENCY_BUSY, message, owner=case.owner(first), blocker=coming[0].id)
