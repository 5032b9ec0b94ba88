"""The queue as a forecast goes through it: the planner's own order and gates, asked again only
where the answer can have changed. An item that waits for a neighbour is asked when something
happens to a neighbour, one that waits until a time at that time, one that waits for room when
there may be some, one that waits for a person never. From time to time, and before the forecast
says that nothing more will start, all of it is looked at anew.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.model.change import Change, Status
from engine.model.event import Event
from engine.model.names import InstanceId
from engine.model.snapshot import Decide
from engine.model.wait import RESERVING, Reason, Wait
from engine.plan.estate import Estate
from engine.plan.forecast.steps import Key
from engine.plan.gates import waits_before_start
from engine.plan.line import Entry, Line, case_of, line
from engine.plan.sequencing.linked import link
from engine.plan.sequencing.sequence import Clash, Order
from engine.plan.starts import Starts, begin, behind, keeps_place, overtake, rolling, waiting

ROOM = RESERVING - {Reason.DEPENDENCY_BUSY}  # what any rollout's end can clear
PATIENCE = 2  # a full look after so many others as are half of the items that wait


@dataclass(slots=True)
class Lane:
    """One environment's line, kept up to date. ``place`` is each service's in the line;
    ``rivals`` have several changes waiting; ``reserved`` keep their place; ``crowd`` wait for
    room only; ``timed`` says when the first wait of a service may clear by itself."""

    leaders: dict[str, Entry]
    ends: dict[str, tuple[Change, str]]
    before: dict[str, dict[str, Clash | None]]
    where: Line
    place: dict[str, int]
    rivals: set[str]
    reserved: dict[str, Change] = field(default_factory=dict)
    crowd: set[str] = field(default_factory=set)
    timed: dict[str, datetime] = field(default_factory=dict)


class Queue:
    """What waits. ``waits`` is what held each item when it was last asked; ``is_fresh``:
    everything was asked just now."""

    def __init__(self) -> None:
        self.waits: dict[Key, tuple[Wait, ...]] = {}
        self._dated: dict[Key, tuple[Wait, ...]] = {}  # those of them among which one has a time
        self.is_fresh = False
        self._lanes: dict[str, Lane] = {}
        self._looks = 0
        self._followers = False  # whether a change waits for the step before it

    def look(self, estate: Estate, touched: Collection[InstanceId], *, anew: bool = False) -> list[Event]:
        """What starts now, and what is superseded by it; ``touched`` are the instances to which
        something happened since the last look."""
        self._looks += 1
        due = anew or self._followers or self._looks * PATIENCE > len(self.waits)
        self.is_fresh = due or not all(self._forget(estate, instance) for instance in touched)
        if self.is_fresh:
            self._draw_up(estate)
        running, result = rolling(estate), Starts()
        for environment, lane in self._lanes.items():
            near = {i.service for i in touched if i.environment == environment}
            near |= {name for service in near for name in estate.neighbours(service)}
            self._walk(
                estate,
                lane,
                set(lane.place) if self.is_fresh else near | self._cleared(estate, lane, len(running)),
                running,
                result,
            )
            if self.is_fresh:
                self._explain_rivals(estate, lane, tuple(running))
        return [action.event for action in result.actions if isinstance(action, Decide)]

    def next_until(self, now: datetime) -> datetime | None:
        """The next moment at which a wait can clear by itself."""
        times = (wait.until for waits in self._dated.values() for wait in waits)
        return min((until for until in times if until is not None and until > now), default=None)

    def _told(self, key: Key, waits: tuple[Wait, ...]) -> None:
        self.waits[key] = waits
        if any(wait.until is not None for wait in waits):
            self._dated[key] = waits
        else:
            self._dated.pop(key, None)

    def _draw_up(self, estate: Estate) -> None:
        now, later = waiting(estate)
        self._lanes = {name: _lane(line(estate, name, entries)) for name, entries in sorted(now.items())}
        self._looks, self._followers = 0, bool(later)
        self.waits.clear()
        self._dated.clear()
        for change, item in (entry for entries in later.values() for entry in entries):
            wait = link(estate, change, item)
            self._told((change.id, item.service), (wait,) if wait else ())

    def _forget(self, estate: Estate, instance: InstanceId) -> bool:
        """Take what started or ended out of its lane. False if the lane has to be drawn up anew,
        because several changes wait for this instance."""
        lane, name = self._lanes.get(instance.environment), instance.service
        if lane is None or name not in lane.ends:
            return True
        if name in lane.rivals:
            return False
        if name in lane.leaders:
            old = lane.leaders[name][0]
            change = estate.state.changes[old.id]
            if change.item(name).status is Status.WAITING:
                lane.leaders[name] = (change, change.item(name))
                return lane.ends[name][0].id == old.id  # else a rollout went on that this one could not take over
            del lane.leaders[name], lane.place[name], lane.before[name]
            lane.reserved.pop(name, None)
            lane.crowd.discard(name)
            lane.timed.pop(name, None)
            self.waits.pop((old.id, name), None)
            self._dated.pop((old.id, name), None)
            for other in estate.neighbours(name):
                lane.before.get(other, {}).pop(name, None)
        if estate.rolling(instance) is None:
            del lane.ends[name]
        return True

    def _cleared(self, estate: Estate, lane: Lane, running: int) -> set[str]:
        """The services whose wait for a time, or for room, may be over."""
        now, limit = estate.snapshot.now, estate.inventory.limits.rollouts
        timed = {service for service, until in lane.timed.items() if until <= now}
        return timed if limit is not None and running >= limit else timed | lane.crowd

    def _walk(self, estate: Estate, lane: Lane, names: set[str], running: list[Entry], result: Starts) -> None:
        """Ask those services' items, and whoever comes after them and is concerned by the answer,
        in the order of the line."""
        limit = estate.inventory.limits.rollouts
        todo = [(lane.place[name], name) for name in names if name in lane.leaders]
        heapq.heapify(todo)
        asked: set[str] = set()
        while todo:
            _, name = heapq.heappop(todo)
            if name in asked or (name in lane.crowd and limit is not None and len(running) >= limit):
                continue
            asked.add(name)
            if self._ask(estate, lane, name, running, result):
                for other in estate.neighbours(name):
                    if lane.place.get(other, -1) > lane.place[name]:
                        heapq.heappush(todo, (lane.place[other], other))

    def _ask(self, estate: Estate, lane: Lane, name: str, running: list[Entry], result: Starts) -> bool:
        """Ask what holds one item; start it if nothing does. True if it keeps its place now and
        did not, or the other way round."""
        change, item = entry = lane.leaders[name]
        if (change.id, name) in result.begun:
            return False
        near = (name, *estate.neighbours(name))
        reserved = {
            other: lane.reserved[other]
            for other in near
            if other in lane.reserved and lane.place[other] < lane.place[name]
        }
        case = case_of(estate, lane.where, entry, reserved, tuple(running))
        waits = waits_before_start(case)
        self._told((change.id, name), waits)
        had_place = name in lane.reserved
        lane.crowd.discard(name)
        lane.timed.pop(name, None)
        if times := [wait.until for wait in waits if wait.until is not None]:
            lane.timed[name] = min(times)
        if keeps_place(estate, lane.where, entry, waits):
            lane.reserved[name] = change
            overtake(estate, change, item, result)
            if waits and all(wait.reason in ROOM for wait in waits):
                lane.crowd.add(name)
        else:
            lane.reserved.pop(name, None)
        if not waits:
            begin(case, running, result)
        return had_place != (name in lane.reserved)

    def _explain_rivals(self, estate: Estate, lane: Lane, running: tuple[Entry, ...]) -> None:
        """What holds the items that do not lead their service's line."""
        where = lane.where
        for change, item in where.entries:
            if not where.leads(change, item):
                waits = waits_before_start(case_of(estate, where, (change, item), lane.reserved, running))
                leader = where.leaders[item.service][0]
                self._told((change.id, item.service), waits or (behind(change, item, leader),))


def _lane(where: Line) -> Lane:
    leaders, ends = dict(where.leaders), dict(where.ends)
    before = {then: dict(firsts) for then, firsts in where.order.before.items()}
    counts: dict[str, int] = {}
    place: dict[str, int] = {}
    for position, (change, item) in enumerate(where.entries):
        counts[item.service] = counts.get(item.service, 0) + 1
        if where.leads(change, item):
            place[item.service] = position
    rivals = {name for name, count in counts.items() if count > 1}
    kept = replace(where, leaders=leaders, ends=ends, order=Order(before, where.order.locksteps))
    return Lane(leaders, ends, before, kept, place, rivals)
