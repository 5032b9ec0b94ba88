"""Who may do what, whole: every cell of role x verb x team x environment, for every extent that a
grant can have, against a table written down apart from the rules."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest

from engine.errors import InterlockError, RequestDenied
from engine.model import maintenance
from engine.model import request as ask_for
from engine.model.request import Request
from engine.model.role import Grant, Role
from engine.model.scope import Scope
from engine.plan.people.authority import RULES, may_look
from engine.plan.requests import judge
from tests.builders import World, service, world
from tests.plan import staged
from tests.plan.asking import refused, with_teams

NAMES, ENVIRONMENTS = ("checkout", "cart"), ("staging", "prod")
CELLS = tuple(product(NAMES, ENVIRONMENTS))
ALL = set(CELLS)
ROOT = Grant(Role.ADMIN, ("root",))

# Whom the verb is for, and what a grant has to cover: "it" (what the request touches), "all" (the
# whole estate), or "any" (any role anywhere is enough: a policy names the person).
MOVES, SAYS, OWNS, ANY = ("deployer", "admin"), ("approver", "admin"), ("admin",), tuple(Role)
EXPECTED: dict[type, tuple[tuple[str, ...], str]] = {
    ask_for.Deploy: (MOVES, "it"),
    ask_for.Rollback: (MOVES, "it"),
    ask_for.Pause: (MOVES, "it"),
    ask_for.Resume: (MOVES, "it"),
    ask_for.Cancel: (MOVES, "it"),
    ask_for.Hold: (MOVES, "it"),
    ask_for.Release: (MOVES, "it"),
    ask_for.Abort: (MOVES, "it"),
    ask_for.Retry: (MOVES, "it"),
    ask_for.Promote: (MOVES, "it"),
    ask_for.Expedite: (OWNS, "all"),
    ask_for.Approve: (SAYS, "it"),
    ask_for.Reject: (SAYS, "it"),
    ask_for.OverrideGate: (ANY, "any"),
    ask_for.SettleHook: (MOVES, "it"),
    ask_for.ClearBad: (MOVES, "it"),
    maintenance.Cordon: (MOVES, "it"),
    maintenance.Drain: (MOVES, "it"),
    maintenance.Uncordon: (MOVES, "it"),
    maintenance.Retire: (OWNS, "all"),
    maintenance.Unretire: (OWNS, "all"),
    maintenance.Restart: (MOVES, "it"),
    maintenance.Remove: (MOVES, "it"),
}
# The grant's extent, whether only the person's own teams' services, and the cells that it covers.
EXTENTS: dict[str, tuple[Scope, bool, set[tuple[str, str]]]] = {
    "everywhere": (Scope(), False, ALL),
    "a team": (Scope(teams=("pay",)), False, {("checkout", "staging"), ("checkout", "prod")}),
    "a service": (Scope(services=("cart",)), False, {("cart", "staging"), ("cart", "prod")}),
    "a label": (Scope(labels={"tier": "0"}), False, {("checkout", "staging"), ("checkout", "prod")}),
    "an environment": (Scope(environments=("staging",)), False, {("checkout", "staging"), ("cart", "staging")}),
    "a team's part of one": (Scope(teams=("shop",), environments=("prod",)), False, {("cart", "prod")}),
    "one's own": (Scope(), True, {("cart", "staging"), ("cart", "prod")}),
    "one's own in one": (Scope(environments=("staging",)), True, {("cart", "staging")}),
    "elsewhere": (Scope(environments=("lab",)), False, set()),
}


@pytest.fixture(scope="module")
def made() -> World:
    """checkout belongs to team pay, cart to kim's team shop; each waits to move, in both environments."""
    single = (service("checkout", team="pay", labels={"tier": "0"}), service("cart", team="shop"))
    found = staged.two(*(replace(each, hosts=dict.fromkeys(ENVIRONMENTS, ("x",))) for each in single))
    for name, environment in CELLS:
        staged.ask(found, environment, "2.0", name=name)
    found.inventory = with_teams(found.inventory, pay=("ana",), shop=("kim",))
    return found


def about(kind: type, name: str, environment: str) -> Request:
    """kim's request of one kind about a service in an environment: the change that moves it, or
    one of its hosts, where that is what the kind is about."""
    change, instance = str(1 + CELLS.index((name, environment))), f"{name}@{environment}"
    special: dict[type, Request] = {
        ask_for.Deploy: ask_for.Deploy("kim", environment, {name: "3.0"}),
        ask_for.Rollback: ask_for.Rollback("kim", instance),
        ask_for.OverrideGate: ask_for.OverrideGate("kim", change, "window", "because"),
        ask_for.SettleHook: ask_for.SettleHook("kim", change, again=True),
        ask_for.ClearBad: ask_for.ClearBad("kim", {name: "2.0"}, "because", environment),
        maintenance.Restart: maintenance.Restart("kim", instance),
        maintenance.Remove: maintenance.Remove("kim", instance),
    }
    if kind in special:
        return special[kind]
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined] # each is a dataclass
    made: Request = kind("kim", f"{name}-{environment}-1" if "host" in fields else change)
    return made


def is_denied(made: World, grants: tuple[Grant, ...], request: Request) -> bool:
    """Whether the roles refuse it; what is refused for another reason is not denied."""
    snapshot = replace(made.snapshot, inventory=replace(made.inventory, roles=grants))
    try:
        judge(snapshot, request)
    except RequestDenied:
        return True
    except InterlockError:
        return False
    return False


def test_every_kind_of_request_has_a_rule_and_a_row() -> None:
    assert set(get_args(Request)) == set(RULES) == set(EXPECTED)


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_every_cell(made: World, kind: type) -> None:
    roles, wanted = EXPECTED[kind]
    for role, extent, cell in product(Role, EXTENTS, CELLS):
        scope, own, covered = EXTENTS[extent]
        reaches = {"it": cell in covered, "all": extent == "everywhere", "any": True}[wanted]
        denied = is_denied(made, (Grant(role, ("kim",), scope, own), ROOT), about(kind, *cell))
        assert denied is not (role in roles and reaches), (kind.__name__, role, extent, cell)


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_a_team_and_everybody_mean_the_same_people(made: World, kind: type) -> None:
    roles, _ = EXPECTED[kind]
    for who, role in product(("team:shop", "team:pay", "team:*", "*"), Role):
        denied = is_denied(made, (Grant(role, (who,)), ROOT), about(kind, "cart", "prod"))
        assert denied is not (role in roles and who != "team:pay"), (kind.__name__, who, role)


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_nobody_may_anything_without_a_grant_and_everybody_everything_without_roles(made: World, kind: type) -> None:
    for cell in CELLS:
        assert is_denied(made, (ROOT,), about(kind, *cell))
        assert not is_denied(made, (), about(kind, *cell))
    assert not may_look(replace(made.inventory, roles=(ROOT,)), "kim")


@pytest.mark.parametrize("kind", [maintenance.Cordon, maintenance.Drain, maintenance.Uncordon])
def test_a_host_of_two_teams_takes_a_grant_for_both(kind: type) -> None:
    shared = world(service("checkout", hosts=("a",), team="pay"), service("cart", hosts=("a",), team="shop"))
    shared.inventory = with_teams(shared.inventory, pay=(), shop=("kim",))
    own, both = Grant(Role.DEPLOYER, ("kim",), own=True), Grant(Role.DEPLOYER, ("kim",), Scope(teams=("pay", "shop")))
    assert is_denied(shared, (own, ROOT), kind("kim", "a"))
    assert not is_denied(shared, (both, ROOT), kind("kim", "a"))
    shared.inventory = replace(shared.inventory, roles=(own, ROOT))
    assert "takes a deployer for checkout@prod; root could. Nothing was changed" in refused(shared, kind("kim", "a"))


def test_a_host_with_nothing_on_it_is_the_whole_estates(made: World) -> None:
    spare = replace(made.inventory.hosts["cart-prod-1"], name="spare")
    inventory = replace(made.inventory, hosts={**made.inventory.hosts, "spare": spare})
    empty = replace(made, inventory=inventory)
    for role, whole in product(Role, (True, False)):
        grant = Grant(role, ("kim",), Scope() if whole else Scope(environments=ENVIRONMENTS))
        denied = is_denied(empty, (grant, ROOT), maintenance.Drain("kim", "spare"))
        assert denied is not (role in MOVES and whole), (role, whole)
    assert not is_denied(empty, (ROOT,), maintenance.Drain("kim", "nowhere"))  # what nobody knows is refused as such
