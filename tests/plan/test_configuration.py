"""Configuration is part of what is deployed: a reload moves nothing, and says what is pending."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import Change, MoveState, Status
from engine.model.names import InstanceId, PlacementId
from engine.model.request import Deploy, Rollback
from engine.plan.estate import Estate
from engine.plan.pending import orphans, pending
from engine.plan.requests import judge
from tests.builders import World, seen, service, world
from tests.plan.reading import standing

WEB = InstanceId("web", "prod")


def reloaded(made: World, name: str = "web", command: str = "bin/other", hosts: tuple[str, ...] = ()) -> World:
    """The inventory is read anew: another command for a service, or other hosts."""
    old = made.inventory.services[name]
    new = replace(old, configuration=replace(old.configuration, command=command))
    if hosts:
        new = replace(old, hosts={"prod": hosts})
    made.inventory = replace(made.inventory, services={**made.inventory.services, name: new})
    return made


def ask(made: World, request: Deploy | Rollback) -> Change | None:
    """Make a request; the change it queued."""
    before = made.state.next_change
    made.record(*judge(made.snapshot, request)[0])
    return made.state.changes.get(str(before))


def apply(made: World, services: dict[str, str] | None = None) -> Change | None:
    return ask(made, Deploy("ana", "prod", services or {}, only_differing=True, reconfigure=True))


def pending_of(made: World) -> str:
    return pending(Estate(made.snapshot), WEB)


def test_a_reload_moves_nothing_and_shows_what_is_pending() -> None:
    made = reloaded(world(service("web"), service("other")))
    assert made.settle() == []
    assert (standing(made, "web"), pending_of(made)) == ("pending", "configuration")
    assert standing(made, "other") == "converged"


def test_the_same_version_again_brings_the_new_configuration_placement_by_placement() -> None:
    made = reloaded(world(service("web")))
    change = ask(made, Deploy("ana", "prod", {"web": "1.0"}))
    assert change is not None
    (act,) = made.settle()
    assert (standing(made, "web"), pending_of(made)) == ("rolling", "")
    rest = made.finish(act).run()
    assert [each.configuration.command for each in (act, *rest)] == ["bin/other", "bin/other"]
    assert made.change(change).status is Status.SUCCEEDED
    assert (standing(made, "web"), pending_of(made)) == ("converged", "")


def test_apply_queues_what_differs_and_nothing_when_nothing_does() -> None:
    made = reloaded(world(service("web"), service("other")))
    assert judge(made.snapshot, Deploy("ana", "prod", {"web": "1.0"}, only_differing=True))[0] == ()
    events, said = judge(made.snapshot, Deploy("ana", "prod", {}, only_differing=True, reconfigure=True))
    assert said == "change 1: web 1.0 (new configuration) in prod"
    made.record(*events).run()
    assert apply(made) is None
    change = apply(made, {"web": "1.0", "other": "2.0"})
    assert change is not None
    assert [item.service for item in change.items] == ["other"]


def test_a_configuration_that_fails_is_taken_back_to_the_former_one() -> None:
    made = world(service("web", hosts=["h1", "h2", "h3"]))
    former = made.inventory.services["web"].configuration
    change = apply(reloaded(made))
    assert change is not None
    (act,) = made.settle()
    made.finish(act)
    (act,) = made.settle()
    made.finish(act, MoveState.REVERTED, "GET /healthz answered 500")
    (back,) = made.settle()
    assert (back.placement.host, back.goal, back.configuration) == ("h1", "1.0", former)
    made.finish(back).settle()
    assert made.change(change).item("web").status is Status.REVERTED
    known = made.state.instances[WEB]
    assert (known.target, known.configuration) == ("1.0", former)
    assert (standing(made, "web"), pending_of(made)) == ("pending", "configuration")


def test_rolling_back_the_change_restores_the_former_configuration() -> None:
    made = world(service("web"))
    former = made.inventory.services["web"].configuration
    change = apply(reloaded(made))
    assert change is not None
    made.run()
    assert ask(made, Rollback("ana", change.id)) is not None
    assert [act.configuration for act in made.run()] == [former, former]
    assert made.state.instances[WEB].configuration == former


def test_a_new_placement_joins_by_an_ordinary_rollout_of_the_target() -> None:
    made = world(service("web"), service("other", hosts=["h9"]))
    reloaded(made, hosts=("web-1", "web-2", "h9"))
    made.record(seen(PlacementId("web", "prod", "h9"), None))
    assert made.settle() == []
    assert (standing(made, "web"), pending_of(made)) == ("pending", "placements")
    assert apply(made) is not None
    assert [(act.placement.host, act.goal) for act in made.run()] == [("h9", "1.0")]
    assert (standing(made, "web"), pending_of(made)) == ("converged", "")


def test_a_placement_that_was_emptied_is_drift_and_no_new_placement() -> None:
    made = world(service("web"))
    made.record(seen(PlacementId("web", "prod", "web-2"), None))
    assert (standing(made, "web"), pending_of(made)) == ("drifted", "")


def test_what_the_inventory_no_longer_places_is_an_orphan() -> None:
    made = world(service("web"), service("gone"))
    reloaded(made, hosts=("web-1",))
    made.inventory = replace(made.inventory, services={"web": made.inventory.services["web"]})
    assert made.settle() == []
    assert orphans(Estate(made.snapshot)) == {
        InstanceId("gone", "prod"): tuple(PlacementId("gone", "prod", f"gone-{n}") for n in (1, 2)),
        WEB: (PlacementId("web", "prod", "web-2"),),
    }
    assert standing(made, "web") == "converged"


def test_a_service_that_never_ran_is_not_pending() -> None:
    made = reloaded(world(service("web"), running=None))
    assert (standing(made, "web"), pending_of(made)) == ("unknown", "")
    assert apply(made) is None
