"""What a person could type to clear a wait of a dependency: the commands that bring the other side
to where it fits, over a bridge, with an outage, or all the way back together.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.change import Kind, Status
from engine.model.names import InstanceId
from engine.model.state import Good
from engine.model.version import sort_key
from engine.plan.estate import Estate
from engine.plan.gates.case import Case
from engine.plan.gates.outage import outage_windows
from engine.plan.people.bad import is_bad
from engine.plan.sequencing.backward import chain
from engine.plan.sequencing.bridge import bridge
from engine.plan.sequencing.sequence import clash_of, order


def out_of_lockstep(case: Case, group: tuple[str, ...], goals: Mapping[str, str]) -> str:
    """What to do about services for which no order is safe."""
    found = _over_bridge(case, goals) or _with_outage(case, group, goals)
    return found or "ask their teams for a version in between that accepts both sides"


def _over_bridge(case: Case, goals: Mapping[str, str]) -> str:
    """The command that takes the bridge, "" if none is known."""
    environment = case.change.environment
    if not bridge(case.estate, environment, goals):
        return ""
    return f"interlock deploy {_assignments(goals)} -e {environment} --accept-bridge"


def _with_outage(case: Case, group: tuple[str, ...], goals: Mapping[str, str]) -> str:
    """The command that queues the group as one change with an outage, "" if no window would allow it."""
    environment = case.change.environment
    if len(goals) < len(group) or not all(outage_windows(case.estate, name, environment) for name in group):
        return ""
    if case.change.kind is Kind.ROLLBACK:
        return f"cancel change {case.change.id}, and ask for the same rollback with --allow-lockstep"
    return f"interlock deploy {_assignments(goals)} -e {environment} --allow-lockstep"


def way_back(case: Case, other: str) -> str:
    """The command that takes everything back that refuses this way back: in a safe order, or, where
    none is, the change that brought both here, in an outage. "" if neither would do."""
    goals = {item.service: Good(item.goal, item.configuration, item.sha256) for item in case.change.items}
    if chain(case.estate, case.change.environment, goals):
        if len(goals) > 1:
            return "cancel it, and roll the change back with --chain"
        return f"interlock rollback {case.instance} --to {case.item.goal} --chain"
    return _back_in_outage(case, other)


def _back_in_outage(case: Case, other: str) -> str:
    """The way back of the newest change that moved both, if it leads to this goal and windows over
    all that go in lockstep allow outages."""
    estate, environment = case.estate, case.change.environment
    for change, item in reversed(estate.items.get(case.instance, ())):
        if item.status is not Status.SUCCEEDED or item.origin != case.item.goal:
            continue
        back = {each.service: each.origin for each in change.items if each.status is Status.SUCCEEDED and each.origin}
        if other not in back:
            continue
        caught = {name for group, _ in order(estate, environment, back).locksteps for name in group}
        if {case.item.service, other} <= caught and all(outage_windows(estate, name, environment) for name in caught):
            return f"interlock rollback {change.id} --allow-lockstep"
    return ""


def what_to_queue(case: Case, other: str, *, but: str = "") -> str:
    """The command that would bring the other side to where it fits, or that nobody can. ``but`` is
    a version that is queued already and does not help."""
    versions = [version for version in fitting(case.estate, case.instance, case.item.goal, other) if version != but]
    if versions:
        return f"interlock deploy {other}={versions[0]} -e {case.change.environment}"
    team = case.owner(other)
    ask = f"ask {team} for one" if team else "bring one out"
    none = f"no known version of {other} fits {case.item.service} {case.item.goal}"
    return f"{none}: {ask}, or interlock cancel {case.change.id}"


def fitting(estate: Estate, instance: InstanceId, goal: str, other: str) -> list[str]:
    """The known versions of ``other``, not bad, that may run beside ``instance`` at ``goal``. First
    those that also get on with what runs beside them now; of these one that was healthy somewhere
    before one that never ran, then the newest."""
    there = InstanceId(other, instance.environment)
    scheme = estate.scheme(other)
    proven = {
        good.version for known in estate.state.instances.values() if known.id.service == other for good in known.good
    }
    beside = [name for name in estate.neighbours(other) if name != instance.service]

    def rank(version: str) -> tuple[bool, bool, object]:
        fits = not any(
            _refuse(estate, other, version, name, estate.may_run(InstanceId(name, instance.environment)))
            for name in beside
        )
        return fits, version in proven, sort_key(scheme, version)

    versions = [
        version
        for version in estate.snapshot.catalog.versions(other)
        if not _refuse(estate, other, version, instance.service, {goal}) and not is_bad(estate, there, version)
    ]
    return sorted(versions, key=rank, reverse=True)


def _refuse(estate: Estate, name: str, version: str, other: str, theirs: frozenset[str] | set[str]) -> bool:
    """Whether two services may not run side by side at these versions, whoever needs whom."""
    mine = [version]
    return bool(clash_of(estate, name, mine, other, theirs) or clash_of(estate, other, theirs, name, mine))


def _assignments(goals: Mapping[str, str]) -> str:
    return " ".join(f"{name}={version}" for name, version in sorted(goals.items()))
