"""Environment order, read as stories: what soaks in staging, and what prod waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import UsageError
from engine.model.change import Change, Item, Kind, MoveState, Status
from engine.model.event import ChangeAccepted, ChangeStatus, EngineStarted, HostSeen, ItemStatus, PlacementSeen
from engine.model.inventory import Domain, Environment, Host, Inventory, Service, Team
from engine.model.names import InstanceId
from engine.model.observation import Health, Reach
from engine.model.request import Deploy
from engine.model.snapshot import Execute
from engine.model.wait import Reason, Wait
from engine.plan.forecast import forecast
from engine.plan.preview import preview
from engine.plan.requests import judge
from tests.builders import CONFIGURATION, T0, World, catalog, down, seen, up
from tests.builders import service as single

STAGING, PROD = InstanceId("web", "staging"), InstanceId("web", "prod")


def two(*services: Service, soak_s: float = 100.0) -> World:
    """staging before prod; every service on two hosts in each, at 1.0."""
    placed = []
    for each in services:
        names = {env: tuple(f"{each.name}-{env}-{n}" for n in (1, 2)) for env in ("staging", "prod")}
        placed.append(replace(each, hosts={env: names[env] for env in each.hosts}))
    hosts = {
        name: Host(name, name, env, "zone") for each in placed for env, names in each.hosts.items() for name in names
    }
    inventory = Inventory(
        "acme",
        {"staging": Environment("staging"), "prod": Environment("prod", "staging", soak_s)},
        {"team": Team("team")},
        {"zone": Domain("zone")},
        hosts,
        {each.name: each for each in placed},
    )
    made = World(inventory, catalog(inventory))
    made.record(EngineStarted("store", 1, "engine"))
    made.record(*(HostSeen(host, Reach.UP, "boot", True) for host in hosts))
    for instance in inventory.instances():
        made.record(*(seen(placement, "1.0") for placement in inventory.placements(instance)))
    made.settle()
    return made


def web(*environments: str) -> Service:
    both = environments or ("staging", "prod")
    return replace(single("web"), hosts=dict.fromkeys(both, ("x",)))


def ask(made: World, environment: str, version: str, kind: Kind = Kind.DEPLOY, name: str = "web") -> Change:
    number = made.state.next_change
    artifact = made.catalog.find(name, version)
    item = Item(name, version, CONFIGURATION, artifact.sha256 if artifact else "")
    made.record(ChangeAccepted(Change(number, environment, (item,), "ana", T0, kind=kind)))
    return made.state.changes[str(number)]


def held(made: World, change: Change) -> list[Wait]:
    return [wait for wait in made.plan().waits if wait.change == change.id and wait.reason is Reason.SOAK_REQUIRED]


def later(made: World, seconds: float) -> World:
    made.elapsed_s += seconds
    made.settle()
    return made


def staged(made: World, version: str) -> None:
    ask(made, "staging", version)
    made.run()


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


def through(made: World, **services: str) -> list[Change]:
    events, _ = judge(made.snapshot, Deploy("ana", "", services, through="prod"))
    made.record(*events)
    return [event.change for event in events if isinstance(event, ChangeAccepted)]


def environments_of(acts: list[Execute]) -> list[str]:
    return list(dict.fromkeys(act.placement.environment for act in acts))


def test_through_queues_one_linked_change_for_each_environment() -> None:
    made = two(web())
    first, second = through(made, web="2.0")
    assert (first.environment, second.environment, second.follows) == ("staging", "prod", first.id)
    assert environments_of(made.run()) == ["staging"]
    (wait,) = held(made, second)
    assert wait.until == made.snapshot.now + timedelta(seconds=100)
    made.elapsed_s += 100
    assert environments_of(made.run()) == ["prod"]
    assert made.change(second).status is Status.SUCCEEDED


def test_through_waits_visibly_while_the_first_environment_is_under_way() -> None:
    made = two(web())
    first, second = through(made, web="2.0")
    made.settle()
    (wait,) = held(made, second)
    assert wait.blocker == first.id


def test_cancelling_the_first_holds_the_rest_with_a_clear_wait() -> None:
    made = two(web())
    first, second = through(made, web="2.0")
    made.record(ItemStatus(first.id, "web", Status.CANCELLED), ChangeStatus(first.id, Status.CANCELLED))
    assert made.run() == []
    (wait,) = [wait for wait in made.plan().waits if wait.change == second.id]
    assert wait.reason is Reason.FAILED_EARLIER
    assert wait.message == "change 1 (web 2.0 in staging), the step before, was cancelled"


def test_through_leaves_services_out_where_they_are_not_placed() -> None:
    mail = replace(single("mail"), hosts={"prod": ("x",)})
    made = two(web(), mail)
    first, second = through(made, web="2.0", mail="2.0")
    assert [item.service for item in first.items] == ["web"]
    assert [item.service for item in second.items] == ["mail", "web"]


def test_through_an_environment_that_comes_after_none_is_refused() -> None:
    made = two(web())
    with pytest.raises(UsageError, match="comes after no other environment"):
        judge(made.snapshot, Deploy("ana", "", {"web": "2.0"}, through="staging"))


def test_the_preview_of_through_shows_both_environments() -> None:
    made = two(web())
    found = preview(made.snapshot, Deploy("ana", "", {"web": "2.0"}, through="prod"))
    assert [(step.rank, step.environment, step.goal) for step in found.steps] == [
        (1, "staging", "2.0"),
        (2, "prod", "2.0"),
    ]


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


def knotted() -> World:
    """web 1 refuses shop 2, web 2 refuses shop 1, web 1.2 takes both. Staging runs 2.0 of both, soaked."""
    needs = (("shop", "<2", "<1.2"), ("shop", ">=1,<3", ">=1.2,<2"), ("shop", ">=2", ">=2"))
    both = [replace(each, hosts=web().hosts) for each in (single("web", *needs), single("shop"))]
    made = two(*both)
    for name in ("web", "shop"):
        made.record(*(seen(p, "2.0") for p in made.inventory.placements(InstanceId(name, "staging"))))
    for name in ("web", "shop"):
        change = ask(made, "staging", "2.0", name=name)
        made.run()
        assert made.change(change).status is Status.SUCCEEDED
    return later(made, 100)


def test_a_bridge_tries_its_version_where_it_has_to_soak_first() -> None:
    made = knotted()
    found = preview(made.snapshot, Deploy("ana", "prod", {"web": "2.0", "shop": "2.0"}))
    assert [(leg.environment, leg.service, leg.origin, leg.goal) for leg in found.bridge] == [
        ("staging", "web", "2.0", "1.2"),
        ("prod", "web", "1.0", "1.2"),
        ("prod", "shop", "1.0", "2.0"),
        ("staging", "web", "1.2", "2.0"),
        ("prod", "web", "1.2", "2.0"),
    ]


def test_a_bridge_through_staging_is_walked_as_the_soaks_come_to_their_ends() -> None:
    made = knotted()
    events, _ = judge(made.snapshot, Deploy("ana", "prod", {"web": "2.0", "shop": "2.0"}, accept_bridge=True))
    made.record(*events)
    walked: list[str] = []
    for _ in range(4):
        acts = made.run()
        walked += dict.fromkeys(f"{act.placement.service}@{act.placement.environment} {act.goal}" for act in acts)
        made.elapsed_s += 100
    assert walked == ["web@staging 1.2", "web@prod 1.2", "shop@prod 2.0", "web@staging 2.0", "web@prod 2.0"]
    assert {change.status for change in made.state.changes.values()} == {Status.SUCCEEDED}


@pytest.mark.parametrize("linked", [True, False])
def test_a_forecast_foresees_the_soak(linked: bool) -> None:
    made = two(web())
    changes = through(made, web="2.0") if linked else [ask(made, env, "2.0") for env in ("staging", "prod")]
    found = forecast(made.snapshot)
    first, second = (found.of(change.id) for change in changes)
    assert first is not None
    assert second is not None
    assert first.end is not None
    assert second.start == first.end + timedelta(seconds=100)
    assert second.end is not None
