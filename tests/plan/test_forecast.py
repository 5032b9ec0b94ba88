"""The forecast: the planner's own order on a virtual clock, and nothing of the snapshot changed."""

from __future__ import annotations

import copy
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.model.change import Status
from engine.model.event import ChangePaused
from engine.model.forecast import Forecast
from engine.model.inventory import Limits
from engine.model.service import RolloutPolicy
from engine.plan.durations import STEP_S
from engine.plan.forecast import forecast
from tests.builders import T0, World, down, service, up, without, world
from tests.plan.test_properties import estates
from tests.trying import trying

TEN = RolloutPolicy(min_healthy_time_s=10)
ROLLOUT = timedelta(seconds=2 * (STEP_S + 10))  # of a service on two hosts, one after the other


def legs(found: Forecast) -> list[tuple[str, timedelta, timedelta]]:
    return [(leg.service, leg.start - T0, leg.end - T0) for leg in found.legs]


def test_an_empty_queue_has_an_empty_forecast() -> None:
    assert forecast(world(service("a")).snapshot) == Forecast(T0)


def test_a_provider_goes_first_and_its_consumer_starts_at_its_end() -> None:
    made = world(service("ledger", rollout=TEN), service("shop", ("ledger", ">=1"), rollout=TEN))
    change = made.deploy(ledger="2.0", shop="2.0")
    found = forecast(made.snapshot)
    assert legs(found) == [("ledger", ROLLOUT * 0, ROLLOUT), ("shop", ROLLOUT, 2 * ROLLOUT)]
    foreseen = found.of(change.id)
    assert foreseen is not None
    assert foreseen.end_p90 is not None
    assert (foreseen.start, foreseen.end, foreseen.held) == (T0, T0 + 2 * ROLLOUT, "")
    assert T0 + 2 * ROLLOUT < foreseen.end_p90 < T0 + 3 * ROLLOUT


def test_limits_let_changes_queue_up() -> None:
    made = world(*(service(name, rollout=TEN) for name in "abc"), limits=Limits(rollouts=1))
    for name in "abc":
        made.deploy(**{name: "2.0"})
    assert legs(forecast(made.snapshot)) == [
        ("a", 0 * ROLLOUT, ROLLOUT),
        ("b", ROLLOUT, 2 * ROLLOUT),
        ("c", 2 * ROLLOUT, 3 * ROLLOUT),
    ]


def test_what_a_person_holds_has_no_time_and_says_what_holds_it() -> None:
    made = world(service("a"), service("b", ("a", ">=1")))
    made.deploy(a="2.0")
    held = made.deploy(b="3.0")
    made.record(ChangePaused(held.id, "ana"))
    foreseen = forecast(made.snapshot).of(held.id)
    assert foreseen is not None
    assert (foreseen.start, foreseen.end, foreseen.held) == (None, None, "Paused")


def test_a_missing_artifact_holds_for_ever() -> None:
    made = world(service("a"))
    change = made.deploy(a="2.0")
    foreseen = forecast(without(made, "a", "2.0").snapshot).of(change.id)
    assert foreseen is not None
    assert (foreseen.end, foreseen.held) == (None, "ArtifactMissing")


def test_a_rollout_under_way_is_foreseen_from_where_it_is() -> None:
    made = world(service("a", rollout=TEN))
    change = made.deploy(a="2.0")
    acts = made.settle()
    made.elapsed_s = 15
    made.finish(acts[0]).settle()
    made.elapsed_s = 20
    foreseen = forecast(made.snapshot).of(change.id)
    assert foreseen is not None
    assert (foreseen.start, foreseen.end) == (T0, T0 + timedelta(seconds=15 + STEP_S + 10))


def test_a_rollout_that_waits_for_a_host_has_no_end() -> None:
    made = world(service("a"))
    change = made.deploy(a="2.0")
    made.settle()
    foreseen = forecast(down(made, "a-2").snapshot).of(change.id)
    assert foreseen is not None
    assert (foreseen.end, foreseen.held) == (None, "HostUnreachable")
    assert forecast(up(made, "a-2").snapshot).changes[0].end is not None


def test_a_newer_change_takes_the_older_ones_place() -> None:
    made = world(service("a", rollout=TEN), service("b", rollout=TEN), limits=Limits(rollouts=1))
    made.deploy(b="2.0")
    older, newer = made.deploy(a="2.0"), made.deploy(a="3.0")
    found = forecast(made.snapshot)
    assert [(leg.change, leg.service) for leg in found.legs] == [("1", "b"), (newer.id, "a")]
    assert [foreseen.held for foreseen in found.changes if foreseen.change == older.id] == ["superseded"]


def test_too_little_work_is_said_and_what_is_known_is_told() -> None:
    made = world(*(service(name, rollout=TEN) for name in "abc"), limits=Limits(rollouts=1))
    for name in "abc":
        made.deploy(**{name: "2.0"})
    found = forecast(made.snapshot, work=1)
    assert not found.complete
    assert [leg.service for leg in found.legs] == ["a"]


def queued(services: list[object], data: st.DataObject) -> World:
    made = world(*services, limits=Limits(rollouts=data.draw(st.integers(1, 3))))  # type: ignore[arg-type]
    names = st.sets(st.sampled_from(sorted(made.inventory.services)), min_size=1)
    for version in ("2.0", "1.1", "3.0"):
        made.deploy(**dict.fromkeys(data.draw(names), version))
    return made


@trying(30)
@given(estates(), st.data())
def test_a_forecast_is_deterministic_and_changes_nothing(services: list[object], data: st.DataObject) -> None:
    made = queued(services, data)
    before = copy.deepcopy(made.state)
    first = forecast(made.snapshot)
    assert forecast(made.snapshot) == first
    assert made.state == before
    for foreseen in first.changes:
        assert (foreseen.end is None) == bool(foreseen.held)
        if foreseen.end and foreseen.start and foreseen.end_p90:
            assert foreseen.start <= foreseen.end <= foreseen.end_p90


@trying(45)
@given(estates(), st.data())
def test_what_really_starts_and_ends_is_what_was_foreseen(services: list[object], data: st.DataObject) -> None:
    """Played for real, one placement after the other, with every batch as long as foreseen, the
    same changes are done, and nothing starts that was not foreseen. (Not the order of starts.)"""
    made = queued(services, data)
    foreseen = forecast(made.snapshot)
    started: set[tuple[str, str]] = set()
    flying: list[tuple[float, object]] = []
    for _ in range(500):
        for act in made.settle():
            started.add((act.change, act.placement.service))
            flying.append((made.elapsed_s + 15, act))
        if not flying:
            break
        flying.sort(key=lambda entry: entry[0])
        at, act = flying.pop(0)
        made.elapsed_s = max(made.elapsed_s, at)
        made.finish(act)  # type: ignore[arg-type]
    ended = {change.id for change in made.state.changes.values() if change.status is Status.SUCCEEDED}
    assert {each.change for each in foreseen.changes if each.end is not None} == ended
    assert {(leg.change, leg.service) for leg in foreseen.legs} >= started
