"""One run of the planner on a virtual clock. It moves whole rollouts: what starts is decided by
the planner's gates, what it leads to by ``evolve``, and how long it takes by a pace and by the
hosts, which bear one step at a time. The clock jumps to the next moment at which a step ends, a
wait can clear, or a window opens or closes over what runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from engine.model.change import FINAL, MoveState, Status
from engine.model.event import Event, ItemStatus, MoveEnded, MoveIntended, PlacementSeen, Recorded
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Sighting, Unit
from engine.model.outage import OutageBegan
from engine.model.snapshot import Decide, Snapshot
from engine.model.wait import RESERVING, Reason, Wait
from engine.plan.budget import Budgets
from engine.plan.durations import batches, parallel
from engine.plan.estate import Estate
from engine.plan.evolve import fold
from engine.plan.forecast.calendar import Calendar
from engine.plan.forecast.errands import ends_of_errands
from engine.plan.forecast.pace import Pace, paced
from engine.plan.forecast.queue import Queue
from engine.plan.forecast.steps import Key, Steps
from engine.plan.later import still
from engine.plan.outage import advance_together
from engine.plan.rollouts.baking import ahead
from engine.plan.rollouts.closing import close
from engine.plan.rollouts.rollout import advance
from engine.plan.rollouts.under_way import UnderWay
from engine.plan.soaking import after, soak_events

HORIZON = timedelta(days=30)
ROUNDS = 50  # of decisions at one moment
LEAST = timedelta(seconds=1)  # that a step under way still takes
FORESEEN = RESERVING | {Reason.BAKING}  # waits that are part of how a rollout goes
CALENDAR = frozenset({"window", "freeze"})  # gates over rollouts under way that have a time of their own


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
        self._steps = Steps()
        self._calendar = Calendar()
        self._later: dict[Key, datetime] = {}  # what is under way and goes on only then
        self._idle: set[Key] = set()  # has just begun, perhaps with nothing to do
        self._fresh: set[InstanceId] = set()  # touched since the estate was settled
        self._touched: set[InstanceId] = set()  # and since the queue was looked at
        self._changed: set[str] = set()  # changes that may be over now
        self._anew = False  # whether something is back in the queue
        self._squares: dict[Key, float] = {}  # of the deviations in the chain that each rollout ends
        self._square = 0.0  # and of the one that led to this moment
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
        self._record(*ends_of_errands(self._now))
        self._settle()
        for change, item in self._first.state.rollouts():
            if not change.is_tended:
                self._take_up(UnderWay(self._estate, change, item))
        for _ in range(work):
            self._decide()
            upcoming = self._pass_steps()
            if upcoming is None or upcoming > self._first.now + HORIZON:
                self.complete = upcoming is None
                break
            self._jump(upcoming)
        self.waits |= self._queue.waits

    def _take_up(self, rollout: UnderWay) -> None:
        """A rollout that is under way as the forecast begins."""
        key, now = (rollout.change.id, rollout.item.service), self._first.now
        self.starts[key] = rollout.item.started or now
        carry_on = advance_together if rollout.item.outage else advance
        _, waits = carry_on(rollout, set(self._estate.moving), Budgets(self._estate))
        holding = tuple(wait for wait in waits if wait.reason not in FORESEEN and wait.gate not in CALENDAR)
        times = [wait.until for wait in holding if wait.until is not None]
        if len(times) < len(holding):
            self.waits[key] = holding  # nobody can say when it goes on
            return
        self._begin(rollout)
        step = self._steps.rolling[key].step
        for move in rollout.in_flight:
            self._steps.fly(key, move.host, max(now + LEAST, move.started + step))
        if times and max(times) > now:
            self._later[key] = max(times)
            self._steps.hold(key)
        if rollout.item.shut_by:
            self._steps.hold(key)

    def _begin(self, rollout: UnderWay) -> None:
        """Whatever of a rollout has not begun is to move from now on."""
        key = (rollout.change.id, rollout.item.service)
        takes_s, squares = paced(self._pace, self._estate, rollout.change, rollout.item, self._square)
        arrived = rollout.is_at_origin if rollout.item.status is Status.REVERTING else rollout.is_at_goal
        left = {
            place
            for place in rollout.placements
            if not arrived(place) and self._answers(place.host) and not self._estate.is_moving(place)
        }
        legs = [([place.host for place in places if place in left], bake_s) for places, bake_s in ahead(rollout)]
        step_s = takes_s / batches(self._estate, rollout.instance, rollout.change.kind)
        self._steps.begin(key, legs, parallel(self._estate, rollout.instance), step_s)
        self._squares[key] = squares
        self._idle.add(key)

    def _answers(self, host: str) -> bool:
        known = self._first.state.hosts.get(host)
        return known is not None and known.fenced and self._estate.reachable(host)

    def _decide(self) -> None:
        """Everything that is decided at this moment."""
        for _ in range(ROUNDS):
            known = self._estate.state.changes
            changes = [known[name] for name in sorted(self._changed) if known[name].status not in FINAL]
            self._changed.clear()
            closing = [action.event for action in close(self._estate, changes)[0] if isinstance(action, Decide)]
            self._record(*closing)
            self._settle()
            self._record(*self._calendar.turn(self._estate, self._steps))
            self._settle()
            self._steps.start(self._now.now)  # what runs takes the hosts before what starts
            touched = self._soak()
            events = self._queue.look(self._estate, touched, anew=self._anew)
            self._anew = False
            if not events and self._steps.next() is None and not self._queue.is_fresh:
                events = self._queue.look(self._estate, (), anew=True)
            self._record(*events)
            self._settle()
            for event in events:
                if isinstance(event, ItemStatus) and event.status is Status.RUNNING:
                    self._start((event.change, event.service))
                if isinstance(event, OutageBegan):
                    for service in event.members:
                        self._start((event.change, service))
            if not events and not closing:
                break
        self._steps.start(self._now.now)

    def _soak(self) -> set[InstanceId]:
        """What was touched since the last look: with it, what begins or ceases to soak by that,
        and those that wait for it."""
        touched, self._touched = self._touched, set()
        soaking = list(soak_events(self._estate, sorted(touched)))
        self._record(*soaking)
        self._settle()
        return touched | {later for event in soaking for later in after(self._estate, event.instance)}

    def _start(self, key: Key) -> None:
        self.starts[key] = self._now.now
        self._begin(self._rollout(key))

    def _rollout(self, key: Key) -> UnderWay:
        change = self._now.state.changes[key[0]]
        return UnderWay(self._estate, change, change.item(key[1]))

    def _pass_steps(self) -> datetime | None:
        """Let steps end and begin until the next moment at which something is to be decided."""
        while True:
            step, other = self._steps.next(), self._next()
            if step is None or (other is not None and other <= step):
                return other
            if step > self._first.now + HORIZON or self._steps.is_last():
                return step
            self._end_steps(step)
            self._steps.start(step)

    def _next(self) -> datetime | None:
        """The next moment at which something other than the end of a step is to be decided."""
        if any(True for _ in self._steps.through(self._idle)):
            return self._now.now
        times = (
            self._queue.next_until(self._now.now),
            self._calendar.next(self._now.now),
            min(self._later.values(), default=None),
        )
        return min((moment for moment in times if moment is not None), default=None)

    def _jump(self, moment: datetime) -> None:
        """The clock goes to ``moment``; what is due then ends."""
        elapsed_s = self._now.elapsed_s + (moment - self._now.now).total_seconds()
        self._now = replace(self._now, now=moment, elapsed_s=elapsed_s)
        self._square = 0.0
        for key in [key for key, until in self._later.items() if until <= moment]:
            del self._later[key]
            self._steps.release(key)
        for key in self._steps.through(sorted(self._end_steps(moment) | self._idle)):
            self._square = max(self._square, self._squares[key])
            self._end(key)
        self._idle.clear()
        self._settle()

    def _end_steps(self, moment: datetime) -> set[Key]:
        """The rollouts of which steps end by then."""
        ended = self._steps.finish(moment)
        for key, host in ended:
            move = self._rollout(key).item.moves.get(host)
            if move is not None and move.state is MoveState.MOVING:
                self._record(MoveEnded(*key, host, move.step, MoveState.DONE))
        return {key for key, _ in ended}

    def _end(self, key: Key) -> None:
        """A rollout has moved everything it could."""
        self._steps.drop(key)
        rollout = self._rollout(key)
        if rollout.item.status not in (Status.RUNNING, Status.REVERTING):
            return
        lost = [place for place in rollout.placements if not self._answers(place.host)]
        if lost:
            self.waits[key] = tuple(rollout.unreachable(place) for place in lost)
            self._record(*_left_behind(rollout, lost))
        elif rollout.item.status is Status.REVERTING and rollout.change.goes_again(rollout.item):
            del self.starts[key]
            self._anew = True
            self._record(*_seen(rollout), ItemStatus(*key, Status.WAITING))
        else:
            self.ends[key] = self._now.now
            back = rollout.item.status is Status.REVERTING
            self._record(*_seen(rollout), ItemStatus(*key, Status.REVERTED if back else Status.SUCCEEDED))

    def _record(self, *events: Event) -> None:
        """Fold events in; the estate hears of them when it is settled."""
        if not events:
            return
        recorded = (Recorded(0, self._now.now, self._now.elapsed_s, event) for event in events)
        self._now = replace(self._now, state=fold(self._now.state, recorded))
        for event in events:
            change = self._now.state.changes.get(getattr(event, "change", ""))
            if change is not None:
                self._changed.add(change.id)
                self._fresh.update(change.instance(item) for item in change.items)

    def _settle(self) -> None:
        if self._now is self._estate.snapshot:
            return
        self._estate = still(self._estate, self._now, self._fresh)
        self._touched |= self._fresh
        self._fresh = set()


def _seen(rollout: UnderWay) -> Iterator[Event]:
    """Every placement runs what it should when a rollout is through."""
    item, back = rollout.item, rollout.item.status is Status.REVERTING
    configuration = ((item.origin_configuration if back else None) or item.configuration).digest
    for placement in rollout.placements:
        version = rollout.origin_of(placement) if back else item.goal or None
        unit, health = (Unit.RUNNING, Health.PASSING) if version else (Unit.ABSENT, Health.UNKNOWN)
        yield PlacementSeen(Sighting(placement, version, version, configuration, unit, health))


def _left_behind(rollout: UnderWay, lost: list[PlacementId]) -> Iterator[Event]:
    """The rest of a rollout is done when only hosts remain that do not answer: it goes on
    running, and no longer counts as rolling."""
    back = rollout.item.status is Status.REVERTING
    for placement in rollout.placements:
        if placement in lost or placement.host in rollout.item.moves:
            continue
        host, goal = placement.host, rollout.origin_of(placement) if back else rollout.item.goal or None
        step = f"forecast-{rollout.change.id}-{placement}"
        yield MoveIntended(rollout.change.id, placement.service, host, step, rollout.item.origin, goal, 1, back)
        yield MoveEnded(rollout.change.id, placement.service, host, step, MoveState.DONE)
