"""Environment order, read as stories: what soaks in staging, and what prod waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.change import Kind, MoveState
from engine.model.event import EngineStarted, HostSeen, PlacementSeen
from engine.model.observation import Health, Reach
from engine.plan.estate import Estate
from engine.plan.soaking import soaked
from tests.builders import down, seen, up
from tests.plan.staged import PROD, STAGING, ask, held, later, staged, two, web


def test_what_never_was_in_staging_does_not_come_to_prod_and_says_what_to_queue() -> None:
    made = two(web())
    (wait,) = held(made, ask(made, "prod", "2.0"))
    assert wait.unblock == "interlock deploy web=2.0 -e staging"
    assert (wait.owner, wait.until) == ("environments.prod", None)


def test_prod_starts_when_the_soak_is_over_and_says_when() -> None:
    made = two(web())
    staged(made, "2.0")
    change = ask(made, "prod", "2.0")
    later(made, 60)
    (wait,) = held(made, change)
    assert wait.until == made.snapshot.now + timedelta(seconds=40)
    later(made, 39)
    assert held(made, change)
    made.elapsed_s += 1
    assert {act.placement.environment for act in made.run()} == {"prod"}


def test_what_staging_was_adopted_at_soaks_from_then_on() -> None:
    made = two(web())
    made.record(*(seen(placement, "2.0") for placement in made.inventory.placements(PROD)))
    change = ask(made, "prod", "1.0")
    later(made, 99)
    assert held(made, change)
    later(made, 1)
    assert not held(made, change)


def test_an_unhealthy_moment_begins_the_soak_anew() -> None:
    made = two(web())
    staged(made, "2.0")
    change = ask(made, "prod", "2.0")
    later(made, 90)
    placement = made.inventory.placements(STAGING)[0]
    made.record(seen(placement, "2.0", Health.FAILING)).settle()
    made.record(seen(placement, "2.0")).settle()
    later(made, 99)
    assert held(made, change)
    later(made, 1)
    assert not held(made, change)


def test_time_in_which_staging_cannot_be_seen_does_not_count_and_breaks_nothing() -> None:
    made = two(web())
    staged(made, "2.0")
    change = ask(made, "prod", "2.0")
    later(made, 60)
    down(made, "web-staging-1").settle()
    later(made, 1000)
    (wait,) = held(made, change)
    assert wait.until is None
    assert "so far 60 s" in wait.message
    up(made, "web-staging-1").settle()
    later(made, 39)
    assert held(made, change)
    later(made, 1)
    assert not held(made, change)


def test_moving_staging_forward_undoes_nothing() -> None:
    made = two(web())
    staged(made, "2.0")
    later(made, 100)
    staged(made, "3.0")
    assert not held(made, ask(made, "prod", "2.0"))


@pytest.mark.parametrize("kind", [Kind.DEPLOY, Kind.ROLLBACK])
def test_staging_going_back_off_a_version_undoes_its_soak(kind: Kind) -> None:
    made = two(web())
    staged(made, "2.0")
    later(made, 100)
    ask(made, "staging", "1.0", kind)
    made.run()
    (wait,) = held(made, ask(made, "prod", "2.0"))
    assert "never was the target" in wait.message


def test_a_version_that_staging_reverted_never_soaked() -> None:
    made = two(web())
    ask(made, "staging", "2.0")
    (act, *_) = made.settle()
    made.finish(act, MoveState.REVERTED, "bad").run()
    later(made, 1000)
    assert held(made, ask(made, "prod", "2.0"))


def test_another_artifact_under_the_same_version_has_not_soaked() -> None:
    made = two(web())
    staged(made, "2.0")
    later(made, 100)
    known = {name: dict(versions) for name, versions in made.catalog.by_service.items()}
    known["web"]["2.0"] = replace(known["web"]["2.0"], sha256="f" * 64)
    made.catalog = replace(made.catalog, by_service=known)
    later(made, 1000)
    (wait,) = held(made, ask(made, "prod", "2.0"))
    assert "is not the artifact" in wait.message


def test_a_service_without_staging_is_exempt() -> None:
    made = two(web("prod"))
    assert not held(made, ask(made, "prod", "2.0"))


def test_a_services_own_soak_time_counts_instead_of_the_environments() -> None:
    made = two(replace(web(), soak_s=10))
    staged(made, "2.0")
    later(made, 10)
    assert not held(made, ask(made, "prod", "2.0"))


def test_a_rollback_waits_for_no_soak() -> None:
    made = two(web())
    assert not held(made, ask(made, "prod", "0.9", Kind.ROLLBACK))


def test_prod_waits_for_the_staging_change_that_is_on_its_way() -> None:
    made = two(web())
    first = ask(made, "staging", "2.0")
    (wait,) = held(made, ask(made, "prod", "2.0"))
    assert (wait.blocker, wait.unblock) == (first.id, "")


def test_the_soak_stands_still_with_the_engine() -> None:
    made = two(web())
    staged(made, "2.0")
    change = ask(made, "prod", "2.0")
    later(made, 60)
    made.record(EngineStarted("store", 2, "engine"))
    made.record(*(HostSeen(host, Reach.UP, "boot", True) for host in made.inventory.hosts)).settle()
    later(made, 40)
    assert not held(made, change)


def test_a_placement_that_runs_something_else_breaks_the_soak() -> None:
    made = two(web())
    staged(made, "2.0")
    later(made, 50)
    placement = made.inventory.placements(STAGING)[1]
    made.record(PlacementSeen(seen(placement, "1.0").sighting)).settle()
    later(made, 1000)
    assert held(made, ask(made, "prod", "2.0"))


def test_only_the_same_content_has_soaked() -> None:
    made = two(web())
    ask(made, "staging", "2.0")
    made.run()
    later(made, 100)
    artifact = made.catalog.find("web", "2.0")
    assert artifact is not None
    assert soaked(Estate(made.snapshot), PROD, "2.0", artifact.sha256)
    assert not soaked(Estate(made.snapshot), PROD, "2.0", "e" * 64)
