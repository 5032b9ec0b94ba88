"""What a request of host maintenance, a restart or a removal would touch, for whoever is about to
confirm it: the same planner, played on a snapshot in which it is granted. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.errors import RequestRefused
from engine.model.change import Status
from engine.model.event import ChangeAccepted, Event, ItemStatus, MoveEnded, Recorded
from engine.model.maintenance import HostRetired, MaintenanceRequest
from engine.model.names import PlacementId
from engine.model.snapshot import Decide, Plan, Snapshot
from engine.model.wait import Wait
from engine.plan.estate import Estate
from engine.plan.evolve import evolve
from engine.plan.planner import plan
from engine.plan.requests import judge
from engine.plan.requests.upkeep import retirement
from engine.plan.rollouts.under_way import UnderWay

ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Touch:
    """``placements``: what is stopped, restarted or started; ``gives_up``: the steps in flight
    whose end nobody waits for any more; ``lets_go``: items (change, service, status) that enter a
    status by it at once; ``waits``: what holds the new change. ``refused``: the sentence with which
    the request would be refused, else ``said`` is the one with which it would be granted."""

    said: str = ""
    refused: str = ""
    placements: tuple[PlacementId, ...] = ()
    gives_up: tuple[str, ...] = ()
    lets_go: tuple[tuple[str, str, Status], ...] = ()
    waits: tuple[Wait, ...] = ()


def touch(snapshot: Snapshot, request: MaintenanceRequest) -> Touch:
    """Play a request forward; a refusal is part of the answer. Raises UsageError for what cannot
    be meant."""
    try:
        events, said = judge(snapshot, request)
    except RequestRefused as error:
        return Touch(refused=str(error))
    estate, after = Estate(snapshot), _granted(snapshot, events)
    new = [event.change for event in events if isinstance(event, ChangeAccepted)]
    placements = [p for change in new for item in change.items for p in UnderWay(estate, change, item).placements]
    for event in events:
        if isinstance(event, HostRetired):
            placements += retirement(estate, event.host).stops
    entered, (then, last) = _played(snapshot)[0], _played(after)
    ids = {change.id for change in new}
    return Touch(
        said,
        placements=tuple(placements),
        gives_up=tuple(f"{e.service} on {e.host}" for e in events if isinstance(e, MoveEnded)),
        lets_go=tuple(each for each in then if each not in entered and each[0] not in ids),
        waits=tuple(wait for wait in last.waits if wait.change in ids),
    )


def _granted(snapshot: Snapshot, events: Iterable[Event]) -> Snapshot:
    state = snapshot.state
    for event in events:
        state = evolve(state, Recorded(0, snapshot.now, snapshot.elapsed_s, event))
    return replace(snapshot, state=state)


def _played(snapshot: Snapshot) -> tuple[list[tuple[str, str, Status]], Plan]:
    """What items enter at once, decision after decision, and the plan that is left to act on."""
    entered: list[tuple[str, str, Status]] = []
    found = plan(snapshot)
    for _ in range(ROUNDS):
        events = [action.event for action in found.actions if isinstance(action, Decide)]
        if not events:
            break
        entered += [(e.change, e.service, e.status) for e in events if isinstance(e, ItemStatus)]
        snapshot = _granted(snapshot, events)
        found = plan(snapshot)
    return entered, found
