"""Properties of freezes and windows: whatever the estate, the queue and the calendar, nothing
starts inside a freeze, and what is held is free again when the wait said."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.model.change import Kind, MoveState
from engine.model.scope import Scope
from engine.model.service import Service
from engine.model.window import Freeze, OnClose
from engine.plan.times.windows import freezes_over
from tests.builders import T0, World, world
from tests.plan.test_properties import estates
from tests.trying import trying

MINUTES = st.integers(0, 600)


@st.composite
def frozen(draw: st.DrawFn) -> World:
    """An estate under two to four freezes, some with exceptions, some for a few services only."""
    services: list[Service] = draw(estates())
    names = [each.name for each in services]
    made = world(*services)
    freezes: dict[str, Freeze] = {}
    for number in range(draw(st.integers(2, 4))):
        begin = draw(MINUTES)
        freezes[f"f{number}"] = Freeze(
            f"f{number}",
            T0 + timedelta(minutes=begin),
            T0 + timedelta(minutes=begin + 1 + draw(MINUTES)),
            Scope(services=tuple(draw(st.lists(st.sampled_from(names), max_size=3)))),
            draw(st.sampled_from([None, Scope(services=(names[0],))])),
            on_close=draw(st.sampled_from(OnClose)),
        )
    made.inventory = replace(made.inventory, freezes=freezes)
    return made


def is_frozen(made: World, name: str) -> bool:
    now = made.snapshot.now
    return any(freeze.begin <= now < freeze.end for freeze in freezes_over(made.inventory, name, "prod"))


@trying(15)
@given(frozen(), st.integers(0, 2**32))
def test_nothing_starts_inside_a_freeze(made: World, seed: int) -> None:
    dice = random.Random(seed)
    flying = []
    for _ in range(60):
        if dice.random() < 0.4:
            name = dice.choice(sorted(made.inventory.services))
            kind = dice.choice([Kind.DEPLOY, Kind.DEPLOY, Kind.ROLLBACK])
            made.deploy(kind=kind, **{name: dice.choice(["1.1", "2.0", "3.0"])})
        before = {
            (change.id, item.service): item.started for change in made.state.changes.values() for item in change.items
        }
        for act in made.settle():
            flying.append(act)
            change = made.state.changes[act.change]
            began = before[act.change, act.placement.service]
            going_on = began is not None and finishes(made, act.placement.service)
            forward = not change.item(act.placement.service).moves[act.placement.host].back
            if forward and change.kind is Kind.DEPLOY and is_frozen(made, act.placement.service):
                assert going_on, f"{act.placement} moved inside a freeze"
        if flying and dice.random() < 0.7:
            state = MoveState.DONE if dice.random() < 0.9 else MoveState.REVERTED
            made.finish(flying.pop(dice.randrange(len(flying))), state)
        made.elapsed_s += dice.choice([1, 300, 1200])


def finishes(made: World, name: str) -> bool:
    """Whether every freeze over a service lets what is under way finish."""
    now = made.snapshot.now
    over = [freeze for freeze in freezes_over(made.inventory, name, "prod") if freeze.begin <= now < freeze.end]
    return all(freeze.on_close is OnClose.FINISH for freeze in over)


@trying(15)
@given(frozen())
def test_everything_is_done_once_the_freezes_are_over(made: World) -> None:
    for name in made.inventory.services:
        made.deploy(**{name: "1.1"})
    made.run()
    made.elapsed_s += 30 * 3600
    made.run()
    made.elapsed_s += 100 * 3600
    made.run()
    waits = {wait.gate for wait in made.plan().waits}
    assert "freeze" not in waits
    for change in made.state.changes.values():
        assert change.finished is not None or waits & {"dependency", "limit"}
