"""Who may do what: the sentences that refuse, and what the table of tests/plan/test_matrix.py cannot
say: several services, the whole engine, and what is found only while a request is judged."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import InterlockError, RequestDenied
from engine.model import request as ask_for
from engine.model.names import InstanceId
from engine.model.request import Request
from engine.model.role import Grant, Role
from engine.model.scope import Scope
from engine.plan.people.authority import may, roles_of
from engine.plan.requests import judge
from tests.builders import World, service, world
from tests.plan.asking import refused, with_teams

EVERYWHERE = Scope()
TEAMS = {"pay": ("ana",), "shop": ("bo",)}


def estate(*grants: Grant) -> World:
    """checkout belongs to team pay, cart to team shop; each has an unstarted change."""
    made = world(service("checkout", team="pay"), service("cart", team="shop"))
    made.deploy(checkout="2.0")
    made.deploy(cart="2.0")
    made.inventory = replace(with_teams(made.inventory, **TEAMS), roles=grants)
    return made


def is_denied(made: World, request: Request) -> bool:
    try:
        judge(made.snapshot, request)
    except RequestDenied:
        return True
    except InterlockError:
        return False
    return False


def test_own_means_the_services_of_the_persons_own_teams() -> None:
    made = estate(Grant(Role.DEPLOYER, ("team:*",), EVERYWHERE, own=True), Grant(Role.ADMIN, ("root",)))
    for person, service_, allowed in [
        ("ana", "checkout", 1),
        ("ana", "cart", 0),
        ("bo", "cart", 1),
        ("kim", "cart", 0),
    ]:
        assert may(made.inventory, person, Role.DEPLOYER, InstanceId(service_, "prod")) is bool(allowed)
    assert roles_of(made.inventory, "ana") == (Role.DEPLOYER,)
    assert roles_of(made.inventory, "kim") == ()


def test_a_refusal_says_who_could() -> None:
    made = estate(Grant(Role.DEPLOYER, ("team:*",), EVERYWHERE, own=True), Grant(Role.ADMIN, ("root",)))
    said = refused(made, ask_for.Deploy("ana", "prod", {"cart": "3.0"}))
    assert said == (
        "ana may not deploy cart@prod: that takes a deployer for cart@prod; bo, root could. Nothing was changed"
    )


def test_one_service_too_many_refuses_the_whole_change() -> None:
    made = estate(Grant(Role.DEPLOYER, ("team:*",), EVERYWHERE, own=True), Grant(Role.ADMIN, ("root",)))
    assert is_denied(made, ask_for.Deploy("ana", "prod", {"checkout": "3.0", "cart": "3.0"}))
    assert not is_denied(made, ask_for.Deploy("root", "prod", {"checkout": "3.0", "cart": "3.0"}))


def test_the_whole_engines_brake_is_for_everybody_who_may_move_anything() -> None:
    made = estate(
        Grant(Role.DEPLOYER, ("ana",), Scope(teams=("pay",))),
        Grant(Role.VIEWER, ("kim",)),
        Grant(Role.ADMIN, ("root",)),
    )
    assert is_denied(made, ask_for.Pause("kim", ""))
    events, _ = judge(made.snapshot, ask_for.Pause("ana", ""))
    made.record(*events)
    assert not is_denied(made, ask_for.Resume("ana", ""))
    made.record(*judge(made.snapshot, ask_for.Resume("root", ""))[0])
    made.record(*judge(made.snapshot, ask_for.Pause("root", ""))[0])
    assert is_denied(made, ask_for.Resume("ana", ""))


def test_what_is_found_while_judging_is_denied_too() -> None:
    """The chain of a rollback takes dependents along, which may be another team's."""
    made = world(service("cart", ("ledger", ">=2", ">=2"), team="shop"), service("ledger", team="pay"))
    for name in ("ledger", "cart"):
        made.deploy(**{name: "2.0"})
        made.run()
    payer = Grant(Role.DEPLOYER, ("ana",), Scope(teams=("pay",)))
    made.inventory = replace(with_teams(made.inventory, **TEAMS), roles=(payer, Grant(Role.ADMIN, ("root",))))
    assert "ana may not roll back cart@prod" in refused(made, ask_for.Rollback("ana", "ledger", chain=True))
    assert not is_denied(made, ask_for.Rollback("root", "ledger", chain=True))
