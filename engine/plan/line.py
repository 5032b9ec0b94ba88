"""The queue of one environment, drawn up: of the items that wait for a service, which one leads.

The newest leads that its turn alone holds; while something else holds it, the newest older one
that can go does, and the oldest if none can (product: superseding). What cannot go blocks nobody:
where it would end counts for nothing as long as it is held. Changes that contradict each other
may hold each other in a circle, each waiting for an item that does not lead: that holds them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx

from engine.model.change import Change, Item, Status
from engine.model.names import InstanceId
from engine.plan.estate import Estate
from engine.plan.gates import Case, goes_after, goes_first, is_refused, is_stuck
from engine.plan.sequencing.sequence import Order, order

Entry = tuple[Change, Item]
Queued = Mapping[str, list[Entry]]  # what waits for each service, the newest first

NO_ORDER = Order({})
DRAWN = 4  # how often a line is drawn until it has its leaders, as a rule


@dataclass(frozen=True, slots=True)
class Line:
    """The queue of one environment: its waiting items in order, which of them leads for each
    service, where everything that moves will end, and the order among the leaders. The leaders
    of the ``blocked`` services wait for something else than their turn."""

    environment: str
    entries: tuple[Entry, ...]
    leaders: Mapping[str, Entry]
    ends: Mapping[str, tuple[Change, str]]
    order: Order
    blocked: frozenset[str] = frozenset()

    def leads(self, change: Change, item: Item) -> bool:
        """Whether this item leads for its service."""
        return self.leaders[item.service][0].id == change.id


def line(estate: Estate, environment: str, entries: list[Entry]) -> Line:
    """The queue of one environment, with its leaders. What gives way to an older item changes what
    others would have beside them, so they are asked again."""
    queued = _queued(entries)
    newest = {name: mine[0] for name, mine in queued.items()}
    where = _drawn(estate, Line(environment, tuple(entries), newest, {}, NO_ORDER))
    while stuck := [
        name
        for name in where.leaders
        if name not in where.blocked and _is_held(case_of(estate, where, where.leaders[name]))
    ]:
        leaders, blocked = dict(where.leaders), set(where.blocked)
        for name in stuck:
            older = queued[name][queued[name].index(leaders[name]) + 1 :]
            free = next((entry for entry in older if not _is_held(case_of(estate, where, entry))), None)
            leaders[name] = free or queued[name][-1]
            if free is None:
                blocked.add(name)
        where = _drawn(estate, replace(where, leaders=leaders, blocked=frozenset(blocked)))
    if circling := _circling(estate, where):
        where = _drawn(estate, replace(where, blocked=where.blocked | circling))
    return _let_loose(estate, where, queued)


def case_of(
    estate: Estate,
    where: Line,
    entry: Entry,
    reserved: Mapping[str, Change] | None = None,
    rolling: tuple[Entry, ...] = (),
) -> Case:
    """What the gates look at for one entry of a line. The order is one among the leaders' goals: what
    wants to go elsewhere than its leader is judged by its versions alone, beside the others."""
    goal = where.ends.get(entry[1].service, ("", ""))[1]
    among = where.order if entry[1].goal == goal else NO_ORDER
    return Case(estate, *entry, among, where.ends, where.blocked, reserved or {}, rolling)


def is_after_held(estate: Estate, where: Line, entry: Entry) -> bool:
    """Whether something that goes before a leader waits for more than its turn: so does this one."""
    asked = {entry[1].service}
    todo = list(goes_after(case_of(estate, where, entry)))
    while todo:
        name = todo.pop()
        if name in asked or name not in where.leaders:
            continue
        asked.add(name)
        case = case_of(estate, where, where.leaders[name])
        if name in where.blocked or is_refused(case):
            return True
        todo += goes_after(case)
    return False


def _queued(entries: Iterable[Entry]) -> Queued:
    found: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: -entry[0].number):
        found.setdefault(entry[1].service, []).append(entry)
    return dict(sorted(found.items()))


def _is_held(case: Case) -> bool:
    """Whether something holds it that its turn will not clear, or else what it has to wait for."""
    if is_stuck(case):
        return True
    return bool(case.blocked) and is_refused(case) and not case.blocked.isdisjoint(goes_first(case))


def _drawn(estate: Estate, where: Line) -> Line:
    """The line with these leaders, and those of them blocked. A rollout goes on while what is to take
    it over cannot."""
    running = _ends(estate, where.environment)
    leading = {name: (change, item.goal) for name, (change, item) in where.leaders.items() if item.goal}
    ends = running | {name: end for name, end in leading.items() if name not in where.blocked or name not in running}
    goals = {name: goal for name, (_, goal) in leading.items()}
    return replace(where, ends=ends, order=_order(estate, where.environment, goals, where.blocked))


def _ends(estate: Estate, environment: str) -> dict[str, tuple[Change, str]]:
    """Where the rollouts of an environment will end."""
    ends: dict[str, tuple[Change, str]] = {}
    for change, item in estate.state.rollouts():
        end = item.origin if item.status is Status.REVERTING else item.goal
        if change.environment == environment and end and not change.is_errand:
            ends[item.service] = (change, end)
    return ends


def _order(estate: Estate, environment: str, goals: dict[str, str], blocked: frozenset[str]) -> Order:
    """The order among these, which is worked out anew where one of them goes elsewhere or runs
    something else than when it was last asked for."""
    asked = goals, blocked, {name: estate.may_run(InstanceId(name, environment)) for name in goals}
    known: tuple[tuple[Any, Order], ...] = estate.orders.get(environment, ())
    found = next((each for before, each in known if before == asked), None)
    if found is None:
        found = order(estate, environment, goals, blocked)
        estate.orders[environment] = ((asked, found), *known[: DRAWN - 1])
    return found


def _let_loose(estate: Estate, where: Line, queued: Queued) -> Line:
    """The line in which the newest leads that nothing holds any more, now that what is blocked holds
    nobody; one service after the other, because what leads for one is what others go beside."""
    for name in sorted(where.blocked):
        free = next((entry for entry in queued[name] if _is_free(case_of(estate, where, entry))), None)
        if free is not None and free is not where.leaders[name]:
            where = _drawn(estate, replace(where, leaders={**where.leaders, name: free}))
    return where


def _is_free(case: Case) -> bool:
    """Whether nothing but its turn holds it."""
    return not is_stuck(case) and not is_refused(case)


def _circling(estate: Estate, where: Line) -> frozenset[str]:
    """The services whose leaders wait for each other, by way of items that do not lead. Whatever way
    leads out of such a circle begins with an item that can go while the others stay as they are.
    Waits for leaders alone make no circle: that is a lockstep, which the order among them has found."""
    cases = {name: case_of(estate, where, entry) for name, entry in where.leaders.items()}
    if not any(is_refused(case) for case in cases.values()):
        return frozenset()
    wanted = {name: goes_first(case) for name, case in cases.items()}
    graph = nx.DiGraph([(name, first) for name, firsts in wanted.items() for first in firsts if first in wanted])
    aside = {
        name
        for name, firsts in wanted.items()
        if any(first in where.leaders and where.leaders[first][0].id != change for first, change in firsts.items())
    }
    found = nx.strongly_connected_components(graph) if aside else ()
    return frozenset().union(*(names for names in found if len(names) > 1 and names & aside))
