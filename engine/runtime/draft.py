"""One step's worth of events before they are durable. The state they lead to is worked out as
they come, so that the planner can be asked again; nobody else sees it until it is committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.model.event import Event, Recorded
from engine.model.state import State
from engine.plan.evolve import evolve


@dataclass(slots=True)
class Draft:
    """``seq`` is the journal's last number so far; ``at`` and ``elapsed_s`` are this step's."""

    state: State
    seq: int
    at: datetime
    elapsed_s: float
    events: list[Recorded] = field(default_factory=list)

    def record(self, event: Event) -> None:
        """Add an event; raises IllegalTransition, changing nothing, if the state forbids it."""
        recorded = Recorded(self.seq + 1, self.at, self.elapsed_s, event)
        self.state = evolve(self.state, recorded)
        self.seq += 1
        self.events.append(recorded)
