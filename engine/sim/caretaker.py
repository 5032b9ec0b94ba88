"""The operator who sees to hosts: takes them aside and back, restarts and removes services, at the
seed's whim; and who at the end brings every host back.
"""

from __future__ import annotations

from engine.model.maintenance import (
    Cordon,
    Drain,
    Remove,
    Restart,
    Retire,
    Uncordon,
    Unretire,
    Upkeep,
)
from engine.model.request import Request
from engine.model.state import State
from engine.sim.estate import ENVIRONMENT
from engine.sim.operator import Operator

ASKS: tuple[type[Cordon | Drain | Uncordon | Retire | Unretire], ...] = (Cordon, Drain, Uncordon, Retire, Unretire)
WEIGHTS = (15, 25, 30, 8, 10)
SERVICES = 0.2  # so much is about services


class Caretaker(Operator):
    """Asks for host maintenance, restarts and removals."""

    def _something(self, state: State) -> Request:
        if self._random.random() < SERVICES:
            if self._random.random() < 0.7:
                return Restart(self._name, self._service(), "leaks")
            return Remove(self._name, f"{self._service()}@{ENVIRONMENT}", "gone", self._random.random() < 0.3)
        kind = self._random.choices(ASKS, WEIGHTS)[0]
        return kind(self._name, self._host(state, kind), "kernel")

    def _host(self, state: State, kind: type) -> str:
        """Any host; to bring back, mostly one that was taken aside."""
        every = list(self._world.estate.inventory.hosts)
        aside = [host for host in state.maintenance if host in every]
        if self._rarely():
            return "nowhere"
        return self._random.choice(aside if aside and kind in (Uncordon, Unretire) else every)

    async def clear_up(self) -> None:
        """Every host takes part again."""
        engine = self._world.engine
        if engine is None:
            return
        for aside in engine.snapshot.state.maintenance.values():
            end = Unretire if aside.upkeep is Upkeep.RETIRED else Uncordon
            await self.ask(end(self._name, aside.host))
