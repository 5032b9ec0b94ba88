"""The event with which a lockstep begins: every service of it in one go."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import Status, advance
from engine.model.event import Recorded
from engine.model.names import InstanceId
from engine.model.outage import Outage, OutageBegan
from engine.model.state import State
from engine.plan.evolve.changes import start_item
from engine.plan.evolve.parts import change_of, put_change, with_item


def begin_outage(state: State, recorded: Recorded) -> State:
    """Every member runs from now on, and knows with whom."""
    event = recorded.event
    if not isinstance(event, OutageBegan):
        raise IllegalTransition(f"{type(event).__name__} begins no outage")
    for name in event.members:
        change = change_of(state, event.change)
        advance(change.item(name).status, Status.RUNNING)
        state = start_item(state, change, change.item(name), recorded)
        change = change_of(state, event.change)
        ran = _ran(state, InstanceId(name, change.environment))
        outage = Outage(event.members, name in event.stopped, ran)
        state = put_change(state, with_item(change, replace(change.item(name), outage=outage)))
    return state


def _ran(state: State, instance: InstanceId) -> dict[str, str | None]:
    return {
        placement.host: sighting.version or sighting.release
        for placement, sighting in sorted(state.sightings.items())
        if placement.instance == instance
    }
