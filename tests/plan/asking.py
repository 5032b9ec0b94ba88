"""How tests ask things of a world: a request is judged, and what grants it is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.errors import InterlockError
from engine.model.inventory import Inventory, Team
from engine.model.request import Request
from engine.plan.requests import judge
from tests.builders import World


def ask(made: World, request: Request) -> str:
    """Grant it, and return what the operator is told."""
    events, said = judge(made.snapshot, request)
    made.record(*events)
    return said


def refused(made: World, request: Request) -> str:
    """The sentence that refuses it; nothing is recorded."""
    try:
        judge(made.snapshot, request)
    except InterlockError as error:
        return str(error)
    raise AssertionError("it was granted")


def with_policies(made: World, **changed: Any) -> World:
    """The same world under other policies (fields of Inventory)."""
    made.inventory = replace(made.inventory, **changed)
    return made


def with_teams(inventory: Inventory, **members: tuple[str, ...]) -> Inventory:
    """The inventory with these people in its teams."""
    teams = {name: Team(name, who) for name, who in members.items()}
    return replace(inventory, teams={**inventory.teams, **teams})
