"""A plan made with the one before it is the plan made without: whatever happened in between."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.change import Kind, MoveState
from engine.model.decision import VersionMarkedBad
from engine.model.event import ChangePaused, ChangeResumed, EnginePaused, EngineResumed, InstanceHeld, InstanceReleased
from engine.model.inventory import Limits
from engine.model.names import InstanceId, PlacementId
from engine.model.observation import Health
from engine.model.service import Amount, Service
from engine.model.snapshot import Execute, Plan
from engine.model.window import Freeze
from engine.plan.planner import plan
from tests.builders import T0, down, seen, service, up, world
from tests.plan.shutters import window

NEEDS = ("", ">=1", ">=1", ">=2", "<3")
VERSIONS = ("1.0", "1.1", "2.0", "3.0")
POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {"limits": Limits(rollouts=1)},
    {"limits": Limits(unavailable=Amount(1), per_team=2)},
    {"windows": {"early": window(end=11)}, "freezes": {"tea": Freeze("tea", T0.replace(hour=10), T0.replace(hour=11))}},
)


class Story:
    """A world to which anything may happen, and the steps at work in it."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        names, made = "abcdef"[: chance.randint(3, 6)], list[Service]()
        for name in names:
            needs = [(other, chance.choice(NEEDS)) for other in chance.sample(names, 2) if other != name]
            made.append(service(name, *needs, hosts=chance.choice((None, ("h1", "h2", "h3")))))
        self.made = world(*made)
        self.made.inventory = replace(self.made.inventory, **chance.choice(POLICIES))
        self._flying: list[Execute] = []

    def _one(self, among: Any) -> Any:
        return self._chance.choice(sorted(among))

    def _placement(self) -> PlacementId:
        every = [p for instance in self.made.inventory.instances() for p in self.made.inventory.placements(instance)]
        return PlacementId(*self._one(every))

    def deploy(self) -> None:
        kind = self._chance.choice((Kind.DEPLOY, Kind.DEPLOY, Kind.ROLLBACK))
        names = self._chance.sample(sorted(self.made.inventory.services), self._chance.randint(1, 2))
        self.made.deploy(kind=kind, **dict.fromkeys(names, self._one(VERSIONS)))

    def settle(self) -> None:
        self._flying += self.made.settle()

    def finish(self) -> None:
        if self._flying:
            state = self._chance.choice((MoveState.DONE, MoveState.DONE, MoveState.REVERTED, MoveState.FAILED))
            self.made.finish(self._flying.pop(0), state, "as it ended")

    def see(self) -> None:
        version = self._chance.choice((*VERSIONS, None))
        self.made.record(seen(self._placement(), version, self._one((Health.PASSING, Health.FAILING))))

    def host(self) -> None:
        host = self._one(self.made.inventory.hosts)
        (up if self._chance.choice((True, False)) else down)(self.made, host)

    def change(self) -> None:
        left = [change.id for change in self.made.state.unfinished() if change.status.value in ("waiting", "running")]
        if left:
            name = str(self._one(left))
            paused = self.made.state.changes[name].paused_by
            self.made.record(ChangeResumed(name, "ana") if paused else ChangePaused(name, "ana"))

    def people(self) -> None:
        instance = InstanceId(str(self._one(self.made.inventory.services)), "prod")
        mark = VersionMarkedBad(instance, str(self._one(VERSIONS)), "it leaks", "ana")
        held = self._chance.choice((InstanceHeld(instance, "ana"), InstanceReleased(instance, "ana"), mark))
        self.made.record(held)

    def engine(self) -> None:
        self.made.record(self._chance.choice((EnginePaused("ana"), EngineResumed("ana"))))

    def time(self) -> None:
        self.made.elapsed_s += self._chance.choice((1.0, 1800.0, 3600.0))


HAPPENINGS = {
    "deploy": 5, "settle": 2, "finish": 3, "see": 5, "host": 3, "change": 1, "people": 2, "engine": 1, "time": 4,
}  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_a_plan_with_the_previous_one_equals_the_cold_plan(seed: int) -> None:
    chance, warm = random.Random(seed), Plan()
    story = Story(chance)
    for happening in chance.choices(list(HAPPENINGS), list(HAPPENINGS.values()), k=25):
        getattr(story, happening)()
        snapshot = story.made.snapshot
        again, warm = plan(snapshot, warm), plan(snapshot, warm)
        assert warm == plan(snapshot), happening
        assert again == warm  # nothing that the previous plan knows was spoilt by asking it


def test_at_rest_nothing_is_planned_anew_until_something_happens() -> None:
    made = world(service("a"), service("b", ("a", ">=1")))
    made.settle()
    at_rest = plan(made.snapshot, plan(made.snapshot))
    assert at_rest.actions == at_rest.waits == ()
    made.elapsed_s += 3600.0
    assert plan(made.snapshot, at_rest) is at_rest
    made.deploy(b="2.0")
    deployed = plan(made.snapshot, at_rest)
    assert deployed.actions
    assert deployed == plan(made.snapshot)
