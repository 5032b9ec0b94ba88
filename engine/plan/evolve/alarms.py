"""What alarms and externals say: kept with since when."""

from __future__ import annotations

from dataclasses import replace

from engine.model.alarm import AlarmState
from engine.model.event import AlarmSeen, Recorded
from engine.model.external import ExternalSeen, ExternalState
from engine.model.state import State


def hear(state: State, event: AlarmSeen, recorded: Recorded) -> State:
    """One alarm's verdict. The same verdict with other words began when it began."""
    known = state.alarms.get(event.alarm)
    since = known.since if known and known.verdict is event.verdict else recorded.at
    heard = AlarmState(event.alarm, event.verdict, event.detail, since)
    return replace(state, alarms={**state.alarms, event.alarm: heard})


def hear_external(state: State, recorded: Recorded) -> State:
    """How one external is from now on."""
    event = recorded.event
    if not isinstance(event, ExternalSeen):
        return state
    seen = ExternalState(event.external, event.health, event.detail, recorded.at)
    return replace(state, externals={**state.externals, event.external: seen})
