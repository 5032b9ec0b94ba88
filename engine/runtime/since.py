"""Since when each wait holds. The planner is pure and knows only now; whoever keeps plans
remembers when each of their waits was first seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine.model.snapshot import Plan
from engine.model.wait import Reason


class Since:
    """Stamps plans, one after the other."""

    def __init__(self) -> None:
        self._first: dict[tuple[Reason, str, str, str], datetime] = {}

    def stamp(self, plan: Plan, now: datetime) -> Plan:
        """The plan with every wait's ``since``; a wait that went away and came back is new."""
        if not plan.waits:
            self._first = {}
            return plan
        seen: dict[tuple[Reason, str, str, str], datetime] = {}
        waits = []
        for wait in plan.waits:
            key = (wait.reason, wait.subject, wait.change, wait.blocker)
            seen[key] = self._first.get(key, now)
            waits.append(replace(wait, since=seen[key]))
        self._first = seen
        return replace(plan, waits=tuple(waits))
