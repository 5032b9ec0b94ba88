"""Which queued items may start now. Walks the queue in order; an item that waits only for its
turn keeps its place, one that waits for anything else blocks nobody, and a newer change takes
an instance over from an older one only when it could itself start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.model.change import Change, Item, Kind, MoveState, Status
from engine.model.event import ItemStatus
from engine.model.names import InstanceId
from engine.model.outage import OutageBegan
from engine.model.snapshot import Action, Decide
from engine.model.wait import Reason, Wait
from engine.plan.estate import Estate
from engine.plan.gates import FORESEEN, Case, is_blocked, waits_before_start
from engine.plan.gates.outage import together
from engine.plan.line import Entry, Line, case_of, is_after_held, line
from engine.plan.rollouts.hooks import is_running
from engine.plan.sequencing.linked import link
from engine.plan.sequencing.sequence import Order, stopped_in


@dataclass(slots=True)
class Starts:
    """What the queue comes to: decisions, waits, and the rollouts (change, service) that are to
    stop at their safe point because a newer change takes over. ``begun`` are the (change, service)
    that began with another one."""

    actions: list[Action] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    overtaken: set[tuple[str, str]] = field(default_factory=set)
    begun: set[tuple[str, str]] = field(default_factory=set)


def starts(estate: Estate) -> Starts:
    """Judge every queued item."""
    result = Starts()
    now, later = waiting(estate)
    running, again = rolling(estate), restarts(estate)
    for environment in sorted({*now, *again}):
        where = line(estate, environment, now.get(environment, []))
        reserved = _walk(estate, where, running, result)
        _walk_restarts(estate, where, again.get(environment, []), reserved, running, result)
    for environment, entries in sorted(later.items()):
        _explain_later(estate, line(estate, environment, entries), result)
    _explain_failed(estate, result)
    return result


def rolling(estate: Estate) -> list[Entry]:
    """The rollouts that run now."""
    return [
        (change, item) for change, item in estate.state.rollouts() if estate.rolling(change.instance(item)) is change
    ]


def waiting(estate: Estate) -> tuple[dict[str, list[Entry]], dict[str, list[Entry]]]:
    """The items that wait, in the order of the queue, by environment: those that take part in
    the queue, and those whose change has to wait for the step before it."""
    now: dict[str, list[Entry]] = {}
    later: dict[str, list[Entry]] = {}
    for change in estate.state.unfinished():
        for item in change.items:
            if item.status is Status.WAITING and not change.is_errand:
                queue = now if link(estate, change, item) is None else later
                queue.setdefault(change.environment, []).append((change, item))
    return now, later


def restarts(estate: Estate) -> dict[str, list[Entry]]:
    """The restarts that wait, in the order of the queue, by environment. They ask for no version:
    they take nothing over, hold nobody, and go as soon as nothing else holds them."""
    found: dict[str, list[Entry]] = {}
    for change in estate.state.unfinished():
        if change.kind is Kind.RESTART:
            entries = [(change, item) for item in change.items if item.status is Status.WAITING]
            found.setdefault(change.environment, []).extend(entries)
    return found


def _walk(estate: Estate, where: Line, rolling: list[Entry], result: Starts) -> dict[str, Change]:
    """Judge one environment's line; the changes that keep their place, by service."""
    reserved: dict[str, Change] = {}
    for change, item in where.entries:
        if not where.leads(change, item) or (change.id, item.service) in result.begun:
            continue
        case = case_of(estate, where, (change, item), reserved, tuple(rolling))
        waits = waits_before_start(case)
        if keeps_place(estate, where, (change, item), waits):
            reserved.setdefault(item.service, change)
            overtake(estate, change, item, result)
        if waits:
            result.waits += waits
        else:
            begin(case, rolling, result)
    superseded = {
        (action.event.change, action.event.service)
        for action in result.actions
        if isinstance(action, Decide) and isinstance(action.event, ItemStatus)
    }
    for change, item in where.entries:
        if not where.leads(change, item) and (change.id, item.service) not in superseded:
            waits = waits_before_start(case_of(estate, where, (change, item), reserved, tuple(rolling)))
            result.waits += waits or [behind(change, item, where.leaders[item.service][0])]
    return reserved


def _walk_restarts(
    estate: Estate,
    where: Line,
    entries: list[Entry],
    reserved: Mapping[str, Change],
    rolling: list[Entry],
    result: Starts,
) -> None:
    """Judge the restarts of one environment. What came later in the queue does not hold them."""
    for change, item in entries:
        before = {name: other for name, other in reserved.items() if other.place < change.place}
        waits = waits_before_start(
            Case(estate, change, item, Order({}), where.ends, where.blocked, before, tuple(rolling))
        )
        waits = waits or tuple(_joined(estate, change, item, rolling))
        result.waits += waits
        if not waits:
            rolling.append((change, item))
            result.actions.append(Decide(ItemStatus(change.id, item.service, Status.RUNNING)))


def keeps_place(estate: Estate, where: Line, entry: Entry, waits: tuple[Wait, ...]) -> bool:
    """Whether nothing but its turn holds a leader, nor what goes before it: then nobody who comes
    later and concerns it goes first."""
    return not waits or not (is_blocked(waits) or is_after_held(estate, where, entry))


def begin(case: Case, rolling: list[Entry], result: Starts) -> None:
    """The item starts, and with it all that have to begin together."""
    change, group = case.change, together(case)
    if not group:
        rolling.append((change, case.item))
        result.actions.append(Decide(ItemStatus(change.id, case.item.service, Status.RUNNING)))
        return
    for name in group:
        result.begun.add((change.id, name))
        rolling.append((change, change.item(name)))
        if name != case.item.service:
            overtake(case.estate, change, change.item(name), result)
    goals = {name: change.item(name).goal for name in group}
    stopped = stopped_in(case.estate, change.environment, goals, group)
    result.actions.append(Decide(OutageBegan(change.id, group, stopped)))


def _joined(estate: Estate, change: Change, item: Item, rolling: list[Entry]) -> Iterator[Wait]:
    """The waits for what begins in this very moment: it, or what it is joined with."""
    near = {item.service, *estate.neighbours(item.service)}
    for other, theirs in rolling:
        if other.environment == change.environment and theirs.service in near:
            message = f"{theirs.service} is rolling (change {other.id})"
            yield Wait(Reason.DEPENDENCY_BUSY, str(change.instance(item)), message, change.id, blocker=other.id)


def behind(change: Change, item: Item, leader: Change) -> Wait:
    """The wait of an item for another change of the same service, which leads."""
    newer = "is newer and takes its place once it can start" if leader.number > change.number else "comes first"
    message = f"change {leader.id} moves {item.service} to {leader.item(item.service).goal or 'nothing'}: it {newer}"
    return Wait(Reason.DEPENDENCY_BUSY, str(change.instance(item)), message, change.id, blocker=leader.id)


def overtake(estate: Estate, change: Change, item: Item, result: Starts) -> None:
    """Take the instance over from older changes: unstarted ones at once, running ones as soon
    as none of their placements is between two versions."""
    for older, theirs in estate.items.get(change.instance(item), ()):
        if older.number >= change.number or older.finished:
            continue
        if theirs.status is Status.WAITING:
            result.actions.append(Decide(ItemStatus(older.id, item.service, Status.SUPERSEDED)))
        elif theirs.status in (Status.RUNNING, Status.PAUSED) and theirs.outage is None:
            result.overtaken.add((older.id, item.service))
            moving = any(move.state is MoveState.MOVING for move in theirs.moves.values())
            if not moving and not is_running(older, item.service):
                result.actions.append(Decide(ItemStatus(older.id, item.service, Status.SUPERSEDED)))


def _explain_later(estate: Estate, where: Line, result: Starts) -> None:
    """Items whose turn has not come, because a step before theirs is not done: they say so, and
    what of other gates can be seen to already (an approval, say), so that it need not wait too."""
    for change, item in where.entries:
        wait = link(estate, change, item)
        others = waits_before_start(case_of(estate, where, (change, item)))
        result.waits += [*([wait] if wait else ()), *(other for other in others if other.gate in FORESEEN)]


def _explain_failed(estate: Estate, result: Starts) -> None:
    """Items of failed changes that never started: held, until someone asks anew or cancels."""
    for change in estate.state.changes.values():
        if change.status not in (Status.FAILED, Status.REVERTED) or change.is_errand:
            continue
        for item in change.items:
            if item.status is Status.WAITING and estate.items[change.instance(item)][-1][0] is change:
                failed = next((other.service for other in change.items if other.failure), "another item")
                message = f"{failed} failed earlier in change {change.id}, so {item.service} was not started"
                unblock = f"interlock deploy {item.service}={item.goal} -e {change.environment}"
                instance = str(InstanceId(item.service, change.environment))
                result.waits.append(
                    Wait(Reason.FAILED_EARLIER, instance, message, change.id, change.requested_by, unblock)
                )
