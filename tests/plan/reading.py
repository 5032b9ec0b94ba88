"""How tests read a world: why things wait, where an instance stands, who moved first."""

from __future__ import annotations

from engine.model.names import InstanceId
from engine.model.snapshot import Execute
from engine.model.wait import Reason
from engine.plan.estate import Estate
from engine.plan.standing import state_of
from tests.builders import World


def reasons(made: World) -> set[Reason]:
    return {wait.reason for wait in made.plan().waits}


def standing(made: World, name: str) -> str:
    return state_of(Estate(made.snapshot), made.plan(), InstanceId(name, "prod"))


def order_of(acts: list[Execute]) -> list[str]:
    names: list[str] = []
    for act in acts:
        if not names or names[-1] != act.placement.service:
            names.append(act.placement.service)
    return names
