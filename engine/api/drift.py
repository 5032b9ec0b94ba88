"""Drift, healing and clocks in words, for the rows of placements and hosts."""

from __future__ import annotations

from engine.api.moment import Moment
from engine.model.healing import Healing
from engine.model.hook import HookState
from engine.model.names import PlacementId
from engine.model.observation import SKEW_S, HostState
from engine.model.text import printable
from engine.plan.care.drift import differences
from engine.plan.care.healing import TRIES


def differs_of(moment: Moment, placement: PlacementId) -> list[str]:
    """What differs at a placement from what was last brought there, while no rollout is at work."""
    healing = moment.state.healings.get(placement)
    if healing is not None and healing.flight is not None:
        return list(healing.differs)
    return list(differences(moment.state, placement)) if placement.instance not in moment.rolled else []


def heal_of(moment: Moment, placement: PlacementId) -> str:
    """How its healing goes: "healing, try 2 of 3", or what became of the tries; "" if nothing does."""
    healing = moment.state.healings.get(placement)
    return said(healing) if healing is not None else ""


def said(healing: Healing) -> str:
    """The same, of one record, with what its hooks failed to do and said last."""
    failed = [run for run in healing.hooks.values() if run.state in (HookState.FAILED, HookState.UNKNOWN)]
    words = [f"the hook {run.hook.value} {run.state.value}: {'; '.join([run.detail, *run.log[-1:]])}" for run in failed]
    return printable("; ".join(filter(None, [_course(healing), *words])))


def _course(healing: Healing) -> str:
    if healing.flight is not None:
        return f"healing, try {healing.attempts} of {TRIES}"
    if not healing.differs:
        return ""
    if healing.attempts >= TRIES:
        return f"healing failed {healing.attempts} times"
    return f"healing try {healing.attempts} of {TRIES} did not do" if healing.attempts else ""


def clock_warning(host: HostState | None) -> str:
    """A sentence where a host's clock is far from the engine's, else ""."""
    if host is None or abs(host.skew_s) < SKEW_S:
        return ""
    return f"its clock is {abs(host.skew_s):.0f} s {'ahead' if host.skew_s > 0 else 'behind'}"
