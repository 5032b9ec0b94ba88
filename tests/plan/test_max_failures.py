"""Placements that may fail: put back, tried again at the end, and never called a success."""

from __future__ import annotations

import pytest

from engine.model.change import Status
from engine.model.request import Retry
from engine.model.service import Amount, RolloutPolicy
from tests.plan.reading import standing
from tests.plan.strategic import DOMAINS, WEB, ask, done, failing, spread


def test_what_failed_within_max_failures_is_put_back_and_tried_again_at_the_end() -> None:
    made = spread(RolloutPolicy(max_failures=Amount(1)))
    change = made.deploy(web="2.0")
    assert failing(made, "b1") == ["a1", "a2", "b1", "b2", "c1", "c2", "b1"]
    assert made.change(change).status is Status.SUCCEEDED


def test_what_fails_again_at_the_end_fails_the_change() -> None:
    made = spread(RolloutPolicy(max_failures=Amount(2)))
    change = made.deploy(web="2.0")
    order = failing(made, "b1", "b1")
    assert order[:7] == ["a1", "a2", "b1", "b2", "c1", "c2", "b1"]
    assert made.change(change).status is Status.FAILED
    assert "web 2.0 failed on b1: answers 500" in made.change(change).item("web").failure
    assert standing(made, "web") == "converged"
    assert {s.version for s in made.state.sightings.values()} == {"1.0"}


@pytest.mark.parametrize("allowed", [Amount(1), Amount(20, percent=True)])
def test_more_failures_than_max_failures_fail_the_change_at_once(allowed: Amount) -> None:
    made = spread(RolloutPolicy(max_failures=allowed))
    change = made.deploy(web="2.0")
    assert failing(made, "a1", "b1")[:3] == ["a1", "a2", "b1"]
    assert made.change(change).status is Status.FAILED
    assert "2 placements have failed, and max_failures is" in made.change(change).item("web").failure
    assert [bad.version for bad in made.state.instances[WEB].bad] == ["2.0"]


def test_a_canary_that_fails_within_max_failures_is_replaced_and_tried_again_at_the_end() -> None:
    made = spread(RolloutPolicy(canary=Amount(1), max_failures=Amount(1), bake_s=10.0))
    made.deploy(web="2.0")
    assert failing(made, "a1") == ["a1", "a2"]
    made.elapsed_s += 10
    assert failing(made)[-1] == "a1"


def test_retried_placements_keep_to_one_domain_at_a_time() -> None:
    made = spread(RolloutPolicy(max_failures=Amount(3), domain_order=DOMAINS, max_parallel=Amount(6)))
    change = made.deploy(web="2.0")
    assert failing(made, "a1", "b1", "c2") == ["a1", "a2", "b1", "b2", "c1", "c2", "a1", "b1", "c2"]
    assert made.change(change).status is Status.SUCCEEDED


def test_retry_touches_only_what_is_not_at_the_goal() -> None:
    made = spread(RolloutPolicy(auto_revert=False))
    change = made.deploy(web="2.0")
    assert failing(made, "b1") == ["a1", "a2", "b1"]
    assert made.change(change).status is Status.FAILED
    ask(made, Retry("ana", change.id, "mended"))
    assert done(made) == ["b1", "b2", "c1", "c2"]
    assert made.change(change).status is Status.SUCCEEDED
