"""Coming to rest: nothing moves, and whatever still waits does so for a reason that is true."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.change import Change
from engine.model.names import InstanceId
from engine.model.wait import Reason, Wait
from engine.sim.estate import ENVIRONMENT
from engine.sim.world import World

# With everything healed, resumed and idle, nobody can be waiting for these.
IMPOSSIBLE = frozenset(
    {
        Reason.HOST_UNREACHABLE,
        Reason.HOST_BUSY,
        Reason.HELD,
        Reason.PAUSED,
        Reason.ENGINE_DRAINING,
        Reason.ARTIFACT_MISSING,
        Reason.ARTIFACT_UNVERIFIED,
    }
)
ILLNESS = frozenset({Reason.BLAST_RADIUS, Reason.DEPENDENCY_UNHEALTHY})
TURN = frozenset({Reason.DEPENDENCY_BUSY, Reason.CONCURRENCY_LIMIT})


class Rest:
    """Looks at one world whose faults are healed."""

    def __init__(self, world: World) -> None:
        self._world = world

    def has_come(self) -> bool:
        """Whether nothing moves and nobody waits for a reason that cannot last."""
        engine = self._world.engine
        if engine is None or engine.activity.names or engine.snapshot.state.moves_in_flight():
            return False
        return not self._false_waits()

    def judge(self) -> None:
        """Note everything that should not be so at rest."""
        engine = self._world.engine
        if engine is None:
            self._world.invariants.breach("the engine has not come up again")
            return
        for change, item, move in engine.snapshot.state.moves_in_flight():
            self._world.invariants.breach(
                f"change {change.id}: {item.service} still moves on {move.host} ({move.step})"
            )
        for sentence in self._false_waits():
            self._world.invariants.breach(f"not at rest: {sentence}")
        self._world.invariants.believed(engine.snapshot)

    def _false_waits(self) -> list[str]:
        """Waits for what cannot be, changes that wait for nothing, and changes that in the end
        wait only for each other."""
        engine = self._world.engine
        if engine is None:
            return ["no engine"]
        unfinished = {change.id: change for change in engine.snapshot.state.unfinished()}
        waits = [wait for wait in engine.plan.waits if wait.change in unfinished]
        false = [
            wait for wait in waits if wait.reason in IMPOSSIBLE or not self._is_true(wait, unfinished[wait.change])
        ]
        found = [f"change {w.change} waits for {w.reason.value} ({w.subject}): {w.message}" for w in false]
        waiting = {wait.change for wait in waits}
        found += [f"change {name} waits for nothing" for name in unfinished if name not in waiting]
        grounded = {wait.change for wait in waits if wait.reason not in TURN and not wait.blocker}
        while more := {w.change for w in waits if w.change not in grounded and grounded & self._ahead(w, unfinished)}:
            grounded |= more
        in_circles = [w for w in waits if w.change not in grounded]
        return found + [f"change {w.change} waits in circles ({w.subject}): {w.message}" for w in in_circles]

    def _ahead(self, wait: Wait, unfinished: Mapping[str, Change]) -> set[str]:
        """The changes of which one has to go on before this wait can end."""
        if wait.blocker:
            return {wait.blocker}
        return set(unfinished) - {wait.change}

    def _is_true(self, wait: Wait, change: Change) -> bool:
        if wait.reason in ILLNESS:
            return not all(self._is_well(name) for name in self._related(change))
        return True

    def _related(self, change: Change) -> set[str]:
        names = {item.service for item in change.items}
        for service in self._world.estate.inventory.services.values():
            for need in service.needs:
                if service.name in names:
                    names = names | {need.provider}
        return names

    def _is_well(self, service: str) -> bool:
        placements = self._world.estate.inventory.placements(InstanceId(service, ENVIRONMENT))
        return all(self._world.is_healthy(placement) for placement in placements)
