"""Folding many events at once comes to what one after the other comes to."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import reduce

import pytest

from engine.model.event import EnginePaused, EngineResumed, EngineStarted, Event, HostSeen, PlacementSeen, Recorded
from engine.model.names import PlacementId
from engine.model.observation import Health, Reach, Sighting, Unit
from engine.model.state import State
from engine.plan.evolve import evolve, fold

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def _event(chance: random.Random) -> Event:
    host, version = chance.choice("abc"), chance.choice(("1.0", "1.1"))
    sighting = Sighting(PlacementId("cart", "prod", host), version, version, "", Unit.RUNNING, Health.PASSING)
    seen = HostSeen(host, chance.choice((Reach.UP, Reach.UNREACHABLE)), "boot", chance.random() < 0.5)
    rare = chance.choice((EngineStarted("bench", 1, "e"), EnginePaused("ana"), EngineResumed("ana")))
    return chance.choice((seen, seen, PlacementSeen(sighting), PlacementSeen(sighting), rare))


@pytest.mark.parametrize("seed", range(20))
def test_at_once_and_one_by_one_come_to_the_same(seed: int) -> None:
    chance = random.Random(seed)
    events = [Recorded(seq, NOW, seq / 4, _event(chance)) for seq in range(1, 40)]
    before = State(store="bench")
    once = fold(before, events)
    assert once == reduce(evolve, events, before)
    assert once.hosts
    assert once.sightings
    assert once.elapsed_s == events[-1].elapsed_s
    assert before == State(store="bench"), "what was folded from is left as it was"


def test_a_new_engine_has_fenced_no_host_yet() -> None:
    events: list[Event] = [EngineStarted("bench", 1, "first"), HostSeen("a", Reach.UP, "boot", True)]
    state = fold(State(store="bench"), [Recorded(seq, NOW, 0.0, event) for seq, event in enumerate(events, 1)])
    assert state.hosts["a"].fenced
    later = evolve(state, Recorded(3, NOW, 0.0, EngineStarted("bench", 2, "second")))
    assert (later.hosts["a"].fenced, later.hosts["a"].reach) == (False, Reach.UNKNOWN)
