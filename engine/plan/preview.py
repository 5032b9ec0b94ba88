"""What would happen if a request were accepted now: its order, its waits, whom it touches. The
same planner, played on a snapshot in which the change is queued already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.errors import InterlockError
from engine.model.change import Change
from engine.model.event import ChangeAccepted, Event, Recorded
from engine.model.names import InstanceId
from engine.model.request import Request
from engine.model.snapshot import Snapshot
from engine.model.state import State
from engine.model.wait import Wait
from engine.plan.estate import Estate
from engine.plan.evolve import evolve
from engine.plan.planner import plan
from engine.plan.requests import judge
from engine.plan.sequence import Clash, order


@dataclass(frozen=True, slots=True)
class Step:
    """One service's move. Steps of equal ``rank`` (from 1) may roll together; ``after`` names
    those of the same change that go before."""

    rank: int
    service: str
    origin: str | None
    goal: str
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """``refused``: the sentence with which the request would be refused, "" if it would not.
    ``waits`` are those that something outside the change imposes."""

    environment: str = ""
    steps: tuple[Step, ...] = ()
    waits: tuple[Wait, ...] = ()
    locksteps: tuple[tuple[tuple[str, ...], tuple[Clash, ...]], ...] = ()
    refused: str = ""
    touches: tuple[str, ...] = ()


def preview(snapshot: Snapshot, request: Request) -> Preview:
    """Play a request forward; refusals are part of the answer, not exceptions."""
    try:
        events, _ = judge(snapshot, request)
    except InterlockError as error:
        return Preview(refused=str(error))
    change = next((event.change for event in events if isinstance(event, ChangeAccepted)), None)
    if change is None:
        return Preview()
    accepted = replace(snapshot, state=_accept(snapshot, events))
    estate = Estate(accepted)
    goals = {item.service: item.goal for item in change.items}
    found = order(estate, change.environment, goals)
    ranks = {name: rank for rank, names in enumerate(found.generations(), start=1) for name in names}
    steps = tuple(
        Step(ranks[name], name, _from(estate, change, name), goals[name], tuple(found.before[name]))
        for name in sorted(goals, key=lambda name: (ranks[name], name))
    )
    waits = tuple(wait for wait in plan(accepted).waits if wait.change == change.id and wait.blocker != change.id)
    touches = sorted({consumer for name in goals for consumer in estate.consumers.get(name, ())} - set(goals))
    return Preview(change.environment, steps, waits, found.locksteps, "", tuple(touches))


def _accept(snapshot: Snapshot, events: Iterable[Event]) -> State:
    state = snapshot.state
    for event in events:
        state = evolve(state, Recorded(0, snapshot.now, snapshot.elapsed_s, event))
    return state


def _from(estate: Estate, change: Change, service: str) -> str | None:
    return estate.known(InstanceId(service, change.environment)).target
