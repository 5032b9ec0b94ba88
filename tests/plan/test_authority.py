"""Who may do what: every cell of role x verb x team x environment, against a table written down
apart from the rules; and the sentences that refuse."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest

from engine.errors import InterlockError, RequestDenied
from engine.model import request as ask_for
from engine.model.names import InstanceId
from engine.model.request import Request
from engine.model.role import Grant, Role
from engine.model.scope import Scope
from engine.plan.authority import RULES, may, may_look, roles_of
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


def requests_about(name: str, change: str) -> dict[str, Request]:
    """One request of each kind about a service, or the change that moves it; asked by kim."""
    return {
        "Deploy": ask_for.Deploy("kim", "prod", {name: "3.0"}),
        "Rollback": ask_for.Rollback("kim", f"{name}@prod"),
        "Pause": ask_for.Pause("kim", change),
        "Resume": ask_for.Resume("kim", change),
        "Cancel": ask_for.Cancel("kim", change),
        "Hold": ask_for.Hold("kim", change),
        "Release": ask_for.Release("kim", change),
        "Abort": ask_for.Abort("kim", change),
        "Retry": ask_for.Retry("kim", change),
        "Promote": ask_for.Promote("kim", change),
        "Expedite": ask_for.Expedite("kim", change),
        "Approve": ask_for.Approve("kim", change),
        "Reject": ask_for.Reject("kim", change),
        "OverrideGate": ask_for.OverrideGate("kim", change, "window", "because"),
        "ClearBad": ask_for.ClearBad("kim", {name: "2.0"}, "because", "prod"),
    }


ANY = {"viewer", "deployer", "approver", "admin"}
MOVES = {"deployer", "admin"}
WHO_MAY = {
    **dict.fromkeys(
        ["Deploy", "Rollback", "Pause", "Resume", "Cancel", "Hold", "Release", "Abort", "Retry", "Promote", "ClearBad"],
        MOVES,
    ),
    "Expedite": {"admin"},
    "Approve": {"approver", "admin"},
    "Reject": {"approver", "admin"},
    "OverrideGate": ANY,
}
SCOPES = {
    "everywhere": (EVERYWHERE, {"checkout", "cart"}),
    "the team's": (Scope(teams=("pay",)), {"checkout"}),
    "one service": (Scope(services=("cart",)), {"cart"}),
    "another environment": (Scope(environments=("staging",)), set()),
    "this environment": (Scope(environments=("prod",)), {"checkout", "cart"}),
}


def is_denied(made: World, request: Request) -> bool:
    try:
        judge(made.snapshot, request)
    except RequestDenied:
        return True
    except InterlockError:
        return False
    return False


def test_every_kind_of_request_has_a_rule() -> None:
    assert set(get_args(Request)) == set(RULES)


@pytest.mark.parametrize("verb", sorted(WHO_MAY))
@pytest.mark.parametrize("where", sorted(SCOPES))
def test_every_cell(verb: str, where: str) -> None:
    scope, covered = SCOPES[where]
    for role, (change, name) in product(Role, (("1", "checkout"), ("2", "cart"))):
        made = estate(Grant(role, ("kim",), scope), Grant(Role.ADMIN, ("root",)))
        allowed = role.value in WHO_MAY[verb]
        if verb == "Expedite":  # it is about the whole queue
            allowed = allowed and where == "everywhere"
        elif verb != "OverrideGate":
            allowed = allowed and name in covered
        denied = is_denied(made, requests_about(name, change)[verb])
        assert denied is not allowed, (verb, where, role, name)


@pytest.mark.parametrize("verb", sorted(WHO_MAY))
def test_nobody_may_anything_without_a_grant(verb: str) -> None:
    made = estate(Grant(Role.ADMIN, ("root",)))
    assert is_denied(made, requests_about("checkout", "1")[verb])
    assert not may_look(made.inventory, "kim")


@pytest.mark.parametrize("verb", sorted(WHO_MAY))
def test_without_roles_everybody_may_everything(verb: str) -> None:
    assert not is_denied(estate(), requests_about("checkout", "1")[verb])


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
