"""One run of the planner on a virtual clock. It moves whole rollouts: what starts is decided by
the planner's gates, what it leads to by ``evolve``, and how long it takes by a pace. The clock
jumps to the next moment at which something ends or a wait can clear.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from engine.model.change import FINAL, Change, Item, Move, MoveState, Status
from engine.model.event import Event, ItemStatus, MoveEnded, PlacementSeen, Recorded
from engine.model.names import InstanceId
from engine.model.observation import Health, Sighting, Unit
from engine.model.snapshot import Decide, Snapshot
from engine.model.wait import RESERVING, Wait
from engine.plan.budget import Budgets
from engine.plan.closing import close
from engine.plan.estate import Estate
from engine.plan.evolve import evolve
from engine.plan.forecast.pace import Pace
from engine.plan.forecast.queue import Key, Queue
from engine.plan.rollout import advance
from engine.plan.soaking import after, soak_events
from engine.plan.under_way import UnderWay

HORIZON = timedelta(days=30)
ROUNDS = 50  # of decisions at one moment


class Run:
    """Plays a snapshot forward, which it leaves as it is. Afterwards ``starts`` and ``ends``
    hold when each rollout does so, ``waits`` what holds the rest, ``complete`` whether it came
    to an end within ``work`` looks at the queue and the horizon."""

    def __init__(self, snapshot: Snapshot, pace: Pace, work: int) -> None:
        self.starts: dict[Key, datetime] = {}
        self.ends: dict[Key, datetime] = {}
        self.waits: dict[Key, tuple[Wait, ...]] = {}
        self.complete = False
        self._first = self._now = snapshot
        self._estate = Estate(snapshot)  # of the snapshot as last settled
        self._pace = pace
        self._queue = Queue()
        self._due: list[tuple[datetime, int, Key, float]] = []
        self._fresh: set[InstanceId] = set()  # touched since the estate was settled
        self._touched: set[InstanceId] = set()  # and since the queue was looked at
        self._changed: set[str] = set()  # changes that may be over now
        self._squares = 0.0  # of the deviations in the chain that led to this moment
        self._play(work)

    @property
    def statuses(self) -> dict[Key, Status]:
        """How every item of the unfinished changes stands in the end."""
        changes = self._now.state.changes
        return {
            (change.id, item.service): item.status
            for first in self._first.state.unfinished()
            for change in (changes[first.id],)
            for item in change.items
        }

    def _play(self, work: int) -> None:
        for change, item in self._first.state.rollouts():
            self._take_up(change, item)
        for _ in range(work):
            self._decide()
            upcoming = self._next()
            if upcoming is None or upcoming > self._first.now + HORIZON:
                self.complete = upcoming is None
                break
            self._jump(upcoming)
        self.waits |= self._queue.waits

    def _take_up(self, change: Change, item: Item) -> None:
        """A rollout that is under way as the forecast begins."""
        key = (change.id, item.service)
        self.starts[key] = item.started or self._first.now
        _, waits = advance(UnderWay(self._estate, change, item), set(self._estate.moving), Budgets(self._estate))
        holding = tuple(wait for wait in waits if wait.reason not in RESERVING)
        times = [wait.until for wait in holding if wait.until is not None]
        if len(times) < len(holding):
            self.waits[key] = holding  # nobody can say when it goes on
        else:
            self._schedule(change, item, max([self._first.now, *times]))

    def _schedule(self, change: Change, item: Item, begins: datetime) -> None:
        seconds, squares = self._pace(self._estate, change, item, self._squares)
        key = (change.id, item.service)
        heapq.heappush(self._due, (begins + timedelta(seconds=seconds), len(self.starts), key, squares))

    def _decide(self) -> None:
        """Everything that is decided at this moment."""
        for _ in range(ROUNDS):
            known = self._estate.state.changes
            changes = [known[name] for name in sorted(self._changed) if known[name].status not in FINAL]
            self._changed.clear()
            closing = [action.event for action in close(self._estate, changes)[0] if isinstance(action, Decide)]
            self._record(*closing)
            self._settle()
            touched = self._soak()
            events = self._queue.look(self._estate, touched)
            if not events and not self._due and not self._queue.is_fresh:
                events = self._queue.look(self._estate, (), anew=True)
            self._record(*events)
            self._settle()
            for event in events:
                if isinstance(event, ItemStatus) and event.status is Status.RUNNING:
                    self._start((event.change, event.service))
            if not events and not closing:
                return

    def _soak(self) -> set[InstanceId]:
        """What was touched since the last look: with it, what begins or ceases to soak by that,
        and those that wait for it."""
        touched, self._touched = self._touched, set()
        soaking = list(soak_events(self._estate, sorted(touched)))
        self._record(*soaking)
        self._settle()
        return touched | {later for event in soaking for later in after(self._estate, event.instance)}

    def _start(self, key: Key) -> None:
        change = self._now.state.changes[key[0]]
        self.starts[key] = self._now.now
        self._schedule(change, change.item(key[1]), self._now.now)

    def _next(self) -> datetime | None:
        ends = self._due[0][0] if self._due else None
        clears = self._queue.next_until(self._now.now)
        return min((moment for moment in (ends, clears) if moment is not None), default=None)

    def _jump(self, moment: datetime) -> None:
        """The clock goes to ``moment``; what is due then ends."""
        elapsed_s = self._now.elapsed_s + (moment - self._now.now).total_seconds()
        self._now = replace(self._now, now=moment, elapsed_s=elapsed_s)
        self._squares = 0.0
        while self._due and self._due[0][0] <= moment:
            _, _, key, squares = heapq.heappop(self._due)
            change = self._now.state.changes[key[0]]
            item = change.item(key[1])
            if item.status in (Status.RUNNING, Status.REVERTING):
                self._squares = max(self._squares, squares)
                self.ends[key] = moment
                self._record(*_arrival(self._estate, change, item))
        self._settle()

    def _record(self, *events: Event) -> None:
        """Fold events in; the estate hears of them when it is settled."""
        for event in events:
            recorded = Recorded(0, self._now.now, self._now.elapsed_s, event)
            self._now = replace(self._now, state=evolve(self._now.state, recorded))
            change = self._now.state.changes.get(getattr(event, "change", ""))
            if change is not None:
                self._changed.add(change.id)
                self._fresh.update(change.instance(item) for item in change.items)

    def _settle(self) -> None:
        if self._now is self._estate.snapshot:
            return
        self._estate = self._estate.after(self._now, self._fresh)
        self._touched |= self._fresh
        self._fresh = set()


def _arrival(estate: Estate, change: Change, item: Item) -> Iterator[Event]:
    """What happens when a rollout has moved everything it could: its steps end, every placement
    that answers runs what it should, and the item is done."""
    rollout = UnderWay(estate, change, item)
    back = item.status is Status.REVERTING
    flying: dict[str, Move] = {move.host: move for move in rollout.in_flight}
    configuration = ((item.origin_configuration if back else None) or item.configuration).digest
    for placement in rollout.placements:
        host = placement.host
        if host in flying:
            yield MoveEnded(change.id, item.service, host, flying[host].step, MoveState.DONE)
        version = rollout.origin_of(placement) if back else item.goal
        unit, health = (Unit.RUNNING, Health.PASSING) if version else (Unit.ABSENT, Health.UNKNOWN)
        yield PlacementSeen(Sighting(placement, version, version, configuration, unit, health))
    yield ItemStatus(change.id, item.service, Status.REVERTED if back else Status.SUCCEEDED)
