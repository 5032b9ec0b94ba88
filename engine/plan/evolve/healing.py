"""Events of drift and healing."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import IllegalTransition
from engine.model.change import Move, MoveState
from engine.model.event import Recorded
from engine.model.healing import DriftGone, DriftSeen, HealEnded, Healing, HealIntended, HealReleased
from engine.model.names import PlacementId
from engine.model.observation import Health, Sighting, Unit
from engine.model.state import State
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
            return state
    raise IllegalTransition(f"no rule for {type(recorded.event).__name__}")


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
    if known.flight is None and (not known.attempts or elapsed_s - known.ended_s > FORGET_S):
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
    return replace(_put(state, replace(known, flight=move, attempts=event.attempt)), heals=state.heals + 1)


def _end(state: State, event: HealEnded, recorded: Recorded) -> State:
    known = state.healings.get(event.placement)
    if known is None or known.flight is None or known.flight.step != event.step:
        raise IllegalTransition(f"the heal {event.step} of {event.placement} is not in flight")
    move, at_s = known.flight, recorded.elapsed_s
    if event.state is MoveState.DONE:
        known = replace(
            known, flight=None, ended_s=at_s, detail="", differs=(), sightings=0, since=None, healed=known.differs
        )
        deployed = state.deployed.get(event.placement)
        digest, sha256 = (deployed.configuration, deployed.sha256) if deployed else (None, "")
        sighting = Sighting(event.placement, move.goal, move.goal, digest, Unit.RUNNING, Health.PASSING, sha256=sha256)
        return see(_put(state, known), sighting)
    state = _put(state, replace(known, flight=None, ended_s=at_s, detail=event.detail, sightings=0))
    if event.state in (MoveState.REVERTED, MoveState.UNCONFIRMED):
        return see(state, Sighting(event.placement, move.origin, move.origin, detail="just put back"))
    return state
