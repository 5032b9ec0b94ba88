"""Worlds in which an outage is allowed, and the changes that ask for one."""

from __future__ import annotations

from dataclasses import replace

from engine.model.change import Change
from engine.model.event import ChangeAccepted
from engine.model.request import Deploy
from engine.model.service import Service
from engine.model.snapshot import Execute
from engine.model.window import Schedule, WindowPolicy
from engine.plan.requests import judge
from tests.builders import World, service, world

NEW = {"checkout": "2.0", "ledger": "2.0"}


def allowing(made: World, window: WindowPolicy | None = None) -> World:
    """A window policy for outages over everything: always open, unless told."""
    policy = window or WindowPolicy("nights", Schedule(), outage=True)
    made.inventory = replace(made.inventory, windows={policy.name: policy})
    return made


def in_lockstep(*more: Service, window: WindowPolicy | None = None) -> World:
    """checkout 1 refuses ledger 2, checkout 2 refuses ledger 1, and nothing bridges them."""
    checkout = service("checkout", ("ledger", "<2", "<2"), ("ledger", ">=2", ">=2"))
    return allowing(world(checkout, service("ledger"), *more), window)


def together(made: World, **goals: str) -> Change:
    """One change that may go in lockstep."""
    events, _ = judge(made.snapshot, Deploy("ana", "prod", goals, allow_lockstep=True))
    made.record(*events)
    return next(made.state.changes[event.change.id] for event in events if isinstance(event, ChangeAccepted))


def begun(made: World | None = None) -> tuple[World, Change]:
    """The lockstep asked for, in this world or a plain one."""
    made = made or in_lockstep()
    return made, together(made, **NEW)


def moves(acts: list[Execute]) -> list[tuple[str, str | None, str | None]]:
    """What goes from where to where."""
    return [(act.placement.service, act.origin, act.goal) for act in acts]


def finish_all(made: World, acts: list[Execute]) -> None:
    """All of them are done."""
    for act in acts:
        made.elapsed_s += 1
        made.finish(act)
