"""What an override would let loose, for whoever is about to give it: the same planner, played on
a snapshot in which it is given already. Nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import RequestRefused
from engine.model.change import Status
from engine.model.decision import GateOverridden
from engine.model.event import ItemStatus, Recorded
from engine.model.outage import OutageBegan
from engine.model.request import OverrideGate
from engine.model.snapshot import Decide, Plan, Snapshot
from engine.model.state import State
from engine.model.wait import Wait
from engine.plan.evolve import evolve
from engine.plan.planner import plan
from engine.plan.requests import judge

Start = tuple[str, str, str]  # change, service, version


@dataclass(frozen=True, slots=True)
class LetLoose:
    """``lifts``: the waits that go; ``starts``: the moves that begin at once, as (change,
    service, version); ``still``: what holds the change all the same. ``refused``: the sentence
    with which the override would be refused, "" if it would not."""

    lifts: tuple[Wait, ...] = ()
    starts: tuple[Start, ...] = ()
    still: tuple[Wait, ...] = ()
    until: datetime | None = None
    refused: str = ""


def lets_loose(snapshot: Snapshot, request: OverrideGate) -> LetLoose:
    """Play an override forward; a refusal is part of the answer. Raises UsageError for what
    cannot be meant."""
    try:
        events, _ = judge(snapshot, request)
    except RequestRefused as error:
        return LetLoose(refused=str(error))
    state = snapshot.state
    until: datetime | None = None
    for event in events:
        state = evolve(state, Recorded(0, snapshot.now, snapshot.elapsed_s, event))
        if isinstance(event, GateOverridden):
            until = event.until
    before, after = plan(snapshot), plan(replace(snapshot, state=state))
    held = {(wait.subject, wait.reason) for wait in after.waits if wait.change == request.change}
    mine = [wait for wait in before.waits if wait.change == request.change]
    return LetLoose(
        lifts=tuple(wait for wait in mine if (wait.subject, wait.reason) not in held),
        starts=tuple(start for start in _starts(after, state) if start not in _starts(before, state)),
        still=tuple(wait for wait in after.waits if wait.change == request.change),
        until=until,
    )


def _starts(found: Plan, state: State) -> tuple[Start, ...]:
    """The rollouts that a plan begins."""
    events = [action.event for action in found.actions if isinstance(action, Decide)]
    began = [(e.change, e.service) for e in events if isinstance(e, ItemStatus) and e.status is Status.RUNNING]
    began += [(event.change, name) for event in events if isinstance(event, OutageBegan) for name in event.members]
    return tuple((change, name, state.changes[change].item(name).goal) for change, name in began)
