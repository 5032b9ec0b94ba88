"""Events of versions: bad in an environment, and cleared again."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.decision import VersionCleared, VersionMarkedBad
from engine.model.event import Recorded
from engine.model.state import Bad, State
from engine.plan.evolve.parts import instance_state, put_instance

KEPT_BAD_VERSIONS = 200
OF_VERSIONS = (VersionMarkedBad, VersionCleared)


def evolve_version(state: State, recorded: Recorded) -> State:
    """The state after one event of a version."""
    match recorded.event:
        case VersionMarkedBad(instance, version, reason, by, change):
            known = instance_state(state, instance)
            marked = Bad(version, reason, by, recorded.at, change)
            bad = (*(b for b in known.bad if b.version != version), marked)[-KEPT_BAD_VERSIONS:]
            return put_instance(state, replace(known, bad=bad))
        case VersionCleared(instance, version):
            known = instance_state(state, instance)
            return put_instance(state, replace(known, bad=tuple(b for b in known.bad if b.version != version)))
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")
