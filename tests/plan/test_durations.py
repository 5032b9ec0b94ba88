"""Durations: a default from the policy, then what earlier rollouts took, whatever the hosts."""

from __future__ import annotations

import pytest

from engine.model.change import Change
from engine.model.names import InstanceId
from engine.model.service import Amount, RolloutPolicy
from engine.plan.durations import STEP_S, batches, moving_p90_s, revert_s, rollout_s
from engine.plan.estate import Estate
from tests.builders import World, service, world

HOSTS = ("h1", "h2", "h3", "h4")
TEN = RolloutPolicy(min_healthy_time_s=10)


def roll(made: World, version: str, batch_s: float) -> Change:
    """Deploy ``a`` and let every batch take so long."""
    change = made.deploy(a=version)
    while acts := made.settle():
        made.elapsed_s += batch_s
        for act in acts:
            made.finish(act)
    return change


def taking(made: World, change: Change) -> float:
    return rollout_s(Estate(made.snapshot), change, change.items[0])


def test_until_there_are_three_samples_the_policy_decides() -> None:
    made = world(service("a", hosts=HOSTS, rollout=TEN))
    assert taking(made, made.deploy(a="1.1")) == 4 * (STEP_S + 10)
    for version in ("2.0", "2.1"):
        roll(made, version, 100)
    known = made.state.instances[InstanceId("a", "prod")]
    assert len(known.batch_s) == 2
    assert taking(made, roll(made, "3.0", 100)) == pytest.approx(400)


def test_what_the_steps_of_other_services_took_beyond_their_policy_is_learned() -> None:
    slow = RolloutPolicy(min_healthy_time_s=30)
    made = world(service("a", hosts=HOSTS, rollout=TEN), service("b", rollout=slow))
    roll(made, "2.0", 10 + 7)
    assert taking(made, made.deploy(b="2.0")) == pytest.approx(2 * (30 + 7))


def test_more_hosts_take_longer_and_wider_batches_shorter() -> None:
    made = world(service("a", hosts=HOSTS, rollout=TEN))
    for version in ("2.0", "2.1", "3.0"):
        change = roll(made, version, 50)
    assert taking(made, change) == pytest.approx(200)
    wider = RolloutPolicy(max_parallel=Amount(50, percent=True))
    made.inventory = world(service("a", hosts=HOSTS, rollout=wider)).inventory
    assert taking(made, change) == pytest.approx(100)
    made.inventory = world(service("a", hosts=(*HOSTS, "h5"), rollout=TEN)).inventory
    assert taking(made, change) == pytest.approx(250)


def test_moves_side_by_side_are_one_batch() -> None:
    made = world(service("a", hosts=HOSTS, rollout=RolloutPolicy(max_parallel=Amount(2))))
    for version in ("2.0", "2.1", "3.0"):
        change = roll(made, version, 30)
    assert made.state.instances[InstanceId("a", "prod")].batch_s == (30, 30, 30)
    assert taking(made, change) == pytest.approx(60)


def test_a_pause_is_no_part_of_what_a_rollout_takes() -> None:
    made = world(service("a", rollout=TEN))
    made.deploy(a="2.0")
    for _ in range(2):
        acts = made.settle()
        made.elapsed_s += 20
        for act in acts:
            made.finish(act)
        made.elapsed_s += 5000
    made.settle()
    assert made.state.instances[InstanceId("a", "prod")].batch_s == (20,)


def test_only_the_latest_durations_are_kept() -> None:
    made = world(service("a", hosts=("h1",), rollout=TEN))
    for n in range(25):
        roll(made, ("2.0", "2.1")[n % 2], n + 1)
    assert len(made.state.instances[InstanceId("a", "prod")].batch_s) == 20
    assert made.state.instances[InstanceId("a", "prod")].batch_s[-1] == 25


def test_the_p90_is_wider_than_the_median_and_the_way_back_is_foreseen() -> None:
    made = world(service("a", hosts=HOSTS, rollout=TEN))
    for version, took_s in (("2.0", 40), ("2.1", 50), ("3.0", 60)):
        change = roll(made, version, took_s)
    estate, item = Estate(made.snapshot), change.items[0]
    assert (
        rollout_s(estate, change, item)
        < moving_p90_s(estate, change.instance(item))
        < 2 * rollout_s(estate, change, item)
    )
    assert revert_s(estate, change, item) == rollout_s(estate, change, item)


def test_an_instance_placed_nowhere_still_has_an_answer() -> None:
    made = world(service("a", hosts=()))
    assert batches(Estate(made.snapshot), InstanceId("a", "prod")) == 1
    assert batches(Estate(made.snapshot), InstanceId("gone", "prod")) == 1
