"""Several changes at once, read as stories: limits, superseding, deadlines, second passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import Status
from engine.model.inventory import Limits
from engine.model.observation import Health
from engine.model.service import RolloutPolicy
from engine.model.wait import Reason
from tests.builders import seen, service, without, world
from tests.plan.reading import order_of, reasons


def test_limits_hold_and_keep_the_place_in_the_queue() -> None:
    made = world(service("a"), service("b"), service("c", ("b", "")), limits=Limits(rollouts=1))
    for name in ("a", "b", "c"):
        made.deploy(**{name: "2.0"})
    (act,) = made.settle()
    assert reasons(made) == {Reason.CONCURRENCY_LIMIT, Reason.DEPENDENCY_BUSY}
    assert order_of([act, *made.finish(act).run()]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "limits",
    [Limits(per_team=1), Limits(per_environment={"prod": 1}), Limits(per_label={"tier=0": 1})],
)
def test_each_limit(limits: Limits) -> None:
    made = world(service("a", labels={"tier": "0"}), service("b", labels={"tier": "0"}), limits=limits)
    made.deploy(a="2.0", b="2.0")
    assert [act.placement.service for act in made.settle()] == ["a"]
    assert reasons(made) == {Reason.CONCURRENCY_LIMIT}


def test_a_newer_change_supersedes_an_unstarted_one() -> None:
    made = world(service("web"), service("other"), limits=Limits(rollouts=1))
    made.deploy(other="2.0")
    (act,) = made.settle()
    old = made.deploy(web="2.0")
    new = made.deploy(web="3.0")
    made.finish(act).run()
    assert made.change(old).status is Status.SUPERSEDED
    assert made.change(new).status is Status.SUCCEEDED


def test_a_newer_change_takes_over_a_running_one_at_its_safe_point() -> None:
    made = world(service("web"))
    old = made.deploy(web="2.0")
    (act,) = made.settle()
    new = made.deploy(web="3.0")
    assert made.settle() == []
    made.finish(act)
    assert [act.goal for act in made.run()] == ["3.0", "3.0"]
    assert made.change(old).status is Status.SUPERSEDED
    assert made.change(new).status is Status.SUCCEEDED
    assert made.change(new).item("web").origin == "1.0"


def test_a_newer_change_that_cannot_start_leaves_the_older_alone() -> None:
    made = world(service("web", ("ledger", ">=2", ">=3")), service("ledger"))
    old = made.deploy(web="2.0")
    (act,) = made.settle()
    new = made.deploy(web="3.0")
    made.finish(act).run()
    assert made.change(old).status is Status.SUCCEEDED
    assert made.change(new).status is Status.WAITING
    assert Reason.DEPENDENCY_VERSION in reasons(made)


def test_the_progress_deadline_takes_back_a_rollout_that_turned_bad() -> None:
    made = world(service("web", rollout=RolloutPolicy(progress_deadline_s=60)))
    made.deploy(web="2.0")
    (act,) = made.settle()
    made.finish(act)
    made.record(seen(act.placement, "2.0", Health.FAILING))
    made.elapsed_s += 61
    (back,) = made.settle()
    assert (back.placement, back.goal) == (act.placement, "1.0")


def test_an_artifact_that_disappears_holds_the_change() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    without(made, "web", "2.0")
    assert made.settle() == []
    assert reasons(made) == {Reason.ARTIFACT_MISSING}


def test_the_same_version_again_is_soon_done_and_touches_nothing() -> None:
    made = world(service("web"))
    change = made.deploy(web="1.0")
    assert made.run() == []
    assert made.change(change).status is Status.SUCCEEDED


def test_a_changed_configuration_moves_the_same_version() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    made.run()
    web = made.inventory.services["web"]
    changed = replace(web, configuration=replace(web.configuration, command="bin/other"))
    made.inventory = replace(made.inventory, services={"web": changed})
    assert made.settle() == []
    made.deploy(web="2.0")
    assert [act.configuration.command for act in made.run()] == ["bin/other", "bin/other"]


def test_converge_twice_does_nothing_the_second_time() -> None:
    made = world(service("checkout", ("ledger", "")), service("ledger"))
    made.deploy(checkout="2.0", ledger="2.0")
    made.run()
    assert made.run() == []
    assert made.plan().waits == ()
