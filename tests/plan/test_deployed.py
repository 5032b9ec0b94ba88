"""Each placement is looked at by what it was last deployed with, whatever the inventory says; and
a move to another base folder names what it leaves."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import MoveState, Status
from engine.model.names import InstanceId, PlacementId
from engine.plan.deployed import Surroundings, bases_on, looked_at
from tests.builders import CONFIGURATION, World, seen, service, world

ELSEWHERE = replace(CONFIGURATION, base="elsewhere")
FIRST, SECOND = PlacementId("web", "prod", "web-1"), PlacementId("web", "prod", "web-2")


def reloaded() -> World:
    """web runs 1.0 from its old base, and the inventory names another one."""
    made = world(service("web"))
    web = replace(made.inventory.services["web"], configuration=ELSEWHERE)
    made.inventory = replace(made.inventory, services={"web": web})
    return made


def base_of(made: World, placement: PlacementId) -> str:
    (seen,) = looked_at(made.snapshot, placement.host)
    return seen[1].base


def test_a_reload_changes_nothing_of_how_placements_are_looked_at() -> None:
    made = reloaded()
    assert base_of(made, FIRST) == "interlock"
    assert bases_on(made.snapshot, "web-1") == {"interlock", "elsewhere"}


def test_half_way_each_placement_is_looked_at_where_it_is() -> None:
    made = reloaded()
    made.deploy(web="2.0")
    (first,) = made.settle()
    assert first.former == CONFIGURATION
    assert base_of(made, first.placement) == "interlock"
    made.finish(first)
    other = next(p for p in (FIRST, SECOND) if p != first.placement)
    assert (base_of(made, first.placement), base_of(made, other)) == ("elsewhere", "interlock")


def test_what_is_put_back_on_its_host_is_looked_at_where_it_was() -> None:
    made = reloaded()
    made.deploy(web="2.0")
    (first,) = made.settle()
    made.finish(first, MoveState.REVERTED, "503")
    assert base_of(made, first.placement) == "interlock"


def test_a_way_back_leaves_the_new_base_and_ends_in_the_old() -> None:
    made = reloaded()
    change = made.deploy(web="2.0")
    (first,) = made.settle()
    made.finish(first)
    (second,) = made.settle()
    made.finish(second, MoveState.REVERTED, "503")
    (back,) = made.settle()
    assert (back.placement, back.configuration, back.former) == (first.placement, CONFIGURATION, ELSEWHERE)
    made.finish(back)
    made.run()
    assert made.change(change).item("web").status is Status.REVERTED
    assert {base_of(made, each) for each in (FIRST, SECOND)} == {"interlock"}
    assert list(made.state.configurations.values()) == [CONFIGURATION]


def test_a_move_within_its_base_leaves_nothing() -> None:
    made = world(service("web"))
    made.deploy(web="2.0")
    assert {act.former for act in made.run()} == {None}
    assert set(made.state.deployed) == {FIRST, SECOND}
    assert {each.version for each in made.state.deployed.values()} == {"2.0"}


def test_a_first_installation_taken_back_leaves_nothing_deployed() -> None:
    made = world(service("web"), running=None)
    made.deploy(web="2.0")
    (first,) = made.settle()
    made.finish(first)
    (second,) = made.settle()
    made.finish(second, MoveState.REVERTED, "503")
    made.run()
    assert made.state.deployed == {}
    assert made.state.configurations == {}
    assert made.state.instances[InstanceId("web", "prod")].target is None


def test_what_surrounds_a_host_follows_the_state_from_one_moment_to_the_next() -> None:
    made = world(service("web", hosts=("web-1",)), service("api", hosts=("api-1",)))
    before = Surroundings(made.snapshot)
    assert [placement.service for placement, _ in before.looked_at("web-1")] == ["web"]
    assert before.are_of(made.snapshot)
    made.record(seen(PlacementId("api", "prod", "web-1"), "1.0"))
    assert not before.are_of(made.snapshot)
    later = Surroundings(made.snapshot, before)
    assert [placement.service for placement, _ in later.looked_at("web-1")] == ["web", "api"]
    assert later.looked_at("web-1") == looked_at(made.snapshot, "web-1")
    made.deploy(web="2.0")
    last = Surroundings(made.snapshot, later)
    for host in ("web-1", "api-1"):
        assert last.looked_at(host) == looked_at(made.snapshot, host)
        assert last.bases_on(host) == bases_on(made.snapshot, host)
