"""Events of drift and healing."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import Move, MoveState
from engine.model.event import Recorded
from engine.model.healing import DriftGone, DriftSeen, HealEnded, Healing, HealIntended, HealReleased
from engine.model.hook import HookState
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health, Sighting, Unit
from engine.model.service import Configuration
from engine.model.state import Drained, State
from engine.plan.deployed import configuration_at
from engine.plan.evolve.deployed import put_deployed
from engine.plan.evolve.parts import see

OF_HEALING = (DriftSeen, DriftGone, HealIntended, HealEnded, HealReleased)
FORGET_S = 600.0


def evolve_healing(state: State, recorded: Recorded) -> State:
    """The state after one event of ``OF_HEALING``."""
    match recorded.event:
        case DriftSeen():
            return _seen(state, recorded.event, recorded)
        case DriftGone(placement):
            return _gone(state, placement, recorded.elapsed_s)
        case HealIntended():
            return _intend(state, recorded.event, recorded)
        case HealEnded():
            return _end(state, recorded.event, recorded)
        case HealReleased(instance, by):
            for healing in state.healings.values():
                if healing.placement.instance == instance:
                    state = _put(state, replace(healing, released_by=by, attempts=0, ended_s=0.0))
            return _undrain_now(state, instance)
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")


def _undrain_now(state: State, instance: InstanceId) -> State:
    """The undrains that heals of an instance owe are tried again at once."""
    mine = [each for each in state.drained.values() if not each.change and each.placement.instance == instance]
    return replace(state, drained={**state.drained, **{each.placement: replace(each, again_s=0.0) for each in mine}})


def _put(state: State, healing: Healing) -> State:
    return replace(state, healings={**state.healings, healing.placement: healing})


def _seen(state: State, event: DriftSeen, recorded: Recorded) -> State:
    known = state.healings.get(event.placement) or Healing(event.placement)
    if not known.differs:
        in_vain = bool(known.detail) or event.differs == known.healed
        undone = in_vain and recorded.elapsed_s - known.ended_s <= FORGET_S
        known = replace(known, since=recorded.at, attempts=known.attempts if undone else 0, released_by="")
    return _put(state, replace(known, differs=event.differs, sightings=event.sightings))


def _gone(state: State, placement: PlacementId, elapsed_s: float) -> State:
    """Attempts are remembered for a while: what drifts again at once has something against it."""
    known = state.healings.get(placement)
    if known is None:
        return state
    owed = state.drained.get(placement)
    hooked = (owed is not None and not owed.change) or any(r.state is HookState.RUNNING for r in known.hooks.values())
    if known.flight is None and not hooked and (not known.attempts or elapsed_s - known.ended_s > FORGET_S):
        return replace(state, healings={p: each for p, each in state.healings.items() if p != placement})
    return _put(state, replace(known, differs=(), sightings=0, since=None, released_by=""))


def _intend(state: State, event: HealIntended, recorded: Recorded) -> State:
    known = state.healings.get(event.placement) or Healing(event.placement)
    if known.flight is not None:
        raise IllegalTransition(f"{event.placement} is being healed already (step {known.flight.step})")
    move = Move(event.placement.host, event.step, event.origin, event.goal, event.attempt, recorded.at)
    configuration, deployed = configuration_at(state, event.placement), state.deployed.get(event.placement)
    if configuration is not None:  # what it goes back to stays fixed, whatever starts meanwhile
        sha256 = deployed.sha256 if deployed else ""
        hosts = (event.placement.host,)
        state = put_deployed(state, event.placement.instance, hosts, event.goal, configuration, sha256)
    state = _owe_undrain(state, event, configuration)
    known = replace(known, flight=move, attempts=event.attempt, hooks={}, drains=event.drains, done="")
    return replace(_put(state, known), heals=state.heals + 1)


def _owe_undrain(state: State, event: HealIntended, configuration: Configuration | None) -> State:
    """What is healed goes out of service with it, drained or not: it was down, or goes down. An undrain
    that a change owes stays that change's."""
    owed = state.drained.get(event.placement)
    if configuration is None or configuration.hooks.undrain is None or (owed is not None and owed.change):
        return state
    return replace(
        state, drained={**state.drained, event.placement: Drained(event.placement, "", event.step, configuration)}
    )


def _end(state: State, event: HealEnded, recorded: Recorded) -> State:
    known = state.healings.get(event.placement)
    if known is None or known.flight is None or known.flight.step != event.step:
        raise IllegalTransition(f"the heal {event.step} of {event.placement} is not in flight")
    move, at_s = known.flight, recorded.elapsed_s
    if event.state is MoveState.DONE:
        known = replace(
            known, flight=None, ended_s=at_s, detail="", differs=(), sightings=0, since=None, healed=known.differs
        )
        known = replace(known, done=event.step)
        deployed = state.deployed.get(event.placement)
        digest, sha256 = (deployed.configuration, deployed.sha256) if deployed else (None, "")
        sighting = Sighting(event.placement, move.goal, move.goal, digest, Unit.RUNNING, Health.PASSING, sha256=sha256)
        return see(_put(state, known), sighting)
    state = _put(state, replace(known, flight=None, ended_s=at_s, detail=event.detail, sightings=0))
    if event.state in (MoveState.REVERTED, MoveState.UNCONFIRMED):
        return see(state, Sighting(event.placement, move.origin, move.origin, detail="just put back"))
    return state
