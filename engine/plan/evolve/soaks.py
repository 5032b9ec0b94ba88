"""Events of soaking: a release's unbroken healthy time in an environment that others follow."""

from __future__ import annotations

from dataclasses import replace

from engine.model.event import Recorded, SoakBegan, SoakBroken, SoakPaused, SoakRevoked
from engine.model.names import InstanceId
from engine.model.soak import Soak
from engine.model.state import State

KEPT = 10

SOAKS = (SoakBegan, SoakPaused, SoakBroken, SoakRevoked)


def evolve_soak(state: State, recorded: Recorded) -> State:
    """The state after one of ``SOAKS``."""
    now_s = recorded.elapsed_s
    match recorded.event:
        case SoakBegan(instance, version, sha256):
            soak = _soak(state, instance, version)
            if soak is None or soak.sha256 != sha256:
                soak = Soak(version, sha256)
            return _put(state, instance, version, replace(soak, since_s=now_s))
        case SoakPaused(instance, version):
            soak = _soak(state, instance, version)
            return _put(state, instance, version, soak and replace(soak, since_s=None, banked_s=soak.stretch_s(now_s)))
        case SoakBroken(instance, version):
            soak = _soak(state, instance, version)
            over = soak and replace(soak, since_s=None, banked_s=0.0, longest_s=soak.best_s(now_s))
            return _put(state, instance, version, over)
        case SoakRevoked(instance, version):
            return _put(state, instance, version, None)
    return state


def _soak(state: State, instance: InstanceId, version: str) -> Soak | None:
    return next((soak for soak in state.soaks.get(instance, ()) if soak.version == version), None)


def _put(state: State, instance: InstanceId, version: str, soak: Soak | None) -> State:
    """One version's record replaced (None: forgotten), as the newest."""
    others = tuple(other for other in state.soaks.get(instance, ()) if other.version != version)
    kept = (*others, soak)[-KEPT:] if soak else others
    return replace(state, soaks={**state.soaks, instance: kept})
