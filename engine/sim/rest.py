"""Coming to rest: nothing moves, and whatever still waits does so for a reason that is true."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.change import Change
from engine.model.names import InstanceId, PlacementId
from engine.model.wait import Reason, Wait
from engine.plan.care.drift import at_rest, items_of
from engine.sim.estate import ENVIRONMENT
from engine.sim.process import WatchedEngine
from engine.sim.world import World

# With everything healed, resumed and idle, nobody can be waiting for these.
IMPOSSIBLE = frozenset(
    {
        Reason.HOST_UNREACHABLE,
        Reason.HOST_BUSY,
        Reason.HELD,
        Reason.BAKING,
        Reason.PROMOTION_REQUIRED,
        Reason.PAUSED,
        Reason.ENGINE_DRAINING,
        Reason.ARTIFACT_MISSING,
        Reason.ARTIFACT_UNVERIFIED,
        Reason.HOOK_UNKNOWN,
    }
)
ILLNESS = frozenset({Reason.BLAST_RADIUS, Reason.DEPENDENCY_UNHEALTHY})
TRUE_OF_DRIFT = frozenset(
    {Reason.DEPENDENCY_VERSION, Reason.DEPENDENCY_BUSY, Reason.BLAST_RADIUS, Reason.FAILED_EARLIER}
)
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
        if engine.snapshot.state.heals_in_flight() or engine.snapshot.state.drained:
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
        found += self._unhealed(engine)
        return found + [f"change {w.change} waits in circles ({w.subject}): {w.message}" for w in in_circles]

    def _unhealed(self, engine: WatchedEngine) -> list[str]:
        """Placements that truly are not what their target says, though no rollout of theirs failed,
        and for which no true reason is given."""
        state, found = engine.snapshot.state, []
        given = {wait.subject: wait.reason for wait in engine.plan.waits}
        for host, placed in self._world.placements():
            placement = PlacementId(placed.service, ENVIRONMENT, host.name)
            known = state.instances.get(placement.instance)
            if known is None or known.target is None or not at_rest(items_of(state.changes.values(), known.id)):
                continue
            if placed.current == known.target and placed.process and placed.process.version == known.target:
                continue
            if placement not in state.deployed and placed.current is None:
                continue
            if given.get(str(placement)) not in TRUE_OF_DRIFT:
                found.append(f"{placement} has {placed.current} instead of {known.target}, unhealed")
        return found

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
