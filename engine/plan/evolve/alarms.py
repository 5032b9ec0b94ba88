"""What alarms say: kept with since when."""

from __future__ import annotations

from dataclasses import replace

from engine.model.alarm import AlarmState
from engine.model.event import AlarmSeen, Recorded
from engine.model.state import State


def hear(state: State, event: AlarmSeen, recorded: Recorded) -> State:
    """One alarm's verdict. The same verdict with other words began when it began."""
    known = state.alarms.get(event.alarm)
    since = known.since if known and known.verdict is event.verdict else recorded.at
    heard = AlarmState(event.alarm, event.verdict, event.detail, since)
    return replace(state, alarms={**state.alarms, event.alarm: heard})
