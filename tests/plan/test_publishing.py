"""Published forecasts: the first word, what moves, and how well it was kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.model.event import ForecastPublished, Recorded
from engine.model.forecast import Forecast
from engine.model.service import RolloutPolicy
from engine.plan.durations import STEP_S
from engine.plan.forecast import accuracy, forecast, news
from engine.store.codec import decode_event, encode_event
from tests.builders import T0, World, service, world

TEN = RolloutPolicy(min_healthy_time_s=10)


def publish(made: World) -> tuple[ForecastPublished, ...]:
    told = news(made.state, forecast(made.snapshot))
    made.record(*told)
    return told


def test_a_change_is_told_once_and_again_when_its_end_moves() -> None:
    made = world(service("a", rollout=TEN), service("b", ("a", ">=1"), rollout=TEN))
    second = made.deploy(b="2.0")
    assert [each.change for each in publish(made)] == [second.id]
    assert publish(made) == ()
    first = made.change(second).promised
    made.elapsed_s = 3600
    assert [each.change for each in publish(made)] == [second.id]
    assert made.change(second).promised == first
    assert made.change(second).foreseen != first


def test_forecasts_of_changes_that_are_over_are_not_told() -> None:
    made = world(service("a", rollout=TEN))
    made.deploy(a="2.0")
    late = forecast(made.snapshot)
    made.run()
    assert news(made.state, late) == ()
    assert news(made.state, Forecast(T0)) == ()


def test_errors_are_measured_against_the_time_that_lay_between() -> None:
    made = world(service("a", rollout=TEN))
    change = made.deploy(a="2.0")
    publish(made)
    while acts := made.settle():
        made.elapsed_s += 12
        for act in acts:
            made.finish(act)
    found = accuracy([made.change(change)])
    assert (found.starts, found.ends, found.start_error) == (1, 1, 0.0)
    assert found.end_error == pytest.approx((24 - 2 * (10 + STEP_S)) / 24)
    assert found.covered == 1.0


def test_nothing_foreseen_is_nothing_measured() -> None:
    made = world(service("a"))
    made.deploy(a="2.0")
    made.run()
    found = accuracy(tuple(made.state.changes.values()))
    assert (found.starts, found.ends, found.start_error, found.covered) == (0, 0, None, None)


def test_a_published_forecast_comes_back_from_the_journal() -> None:
    event = ForecastPublished("7", T0, T0 + timedelta(hours=1), None, "Paused")
    recorded = Recorded(1, T0, 5.0, event)
    seq, at, elapsed_s, kind, change, body = encode_event(recorded)
    assert change == "7"
    assert decode_event((seq, at, elapsed_s, kind, body)) == recorded
