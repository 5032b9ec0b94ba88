"""Worlds under windows and freezes, for stories that begin at nine in the morning, UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engine.model.service import Service
from engine.model.wait import Wait
from engine.model.window import DAY_S, Entry, Freeze, Hours, Schedule, WindowPolicy
from tests.builders import T0, World, service, world

CHECKOUT = service("checkout", ("ledger", ""))
LEDGER = service("ledger")
EIGHT_HOURS_S = 8 * 3600.0


def window(name: str = "office", begin: int = 9, end: int = 17, **more: object) -> WindowPolicy:
    """A window policy open between two hours of every day, UTC. The story begins at 09:00."""
    end_s = end * 3600 if end > begin else end * 3600 + DAY_S
    schedule = Schedule((Entry(UTC, hours=(Hours(begin * 3600, end_s),)),))
    return replace(WindowPolicy(name, schedule), **more)  # type: ignore[arg-type] # the policy's own fields


def under(policy: WindowPolicy | Freeze, *more: WindowPolicy | Freeze, services: tuple[Service, ...] = ()) -> World:
    """A world with these policies, everything at version 1.0."""
    made = world(*(services or (CHECKOUT, LEDGER)))
    policies = (policy, *more)
    made.inventory = replace(
        made.inventory,
        windows={each.name: each for each in policies if isinstance(each, WindowPolicy)},
        freezes={each.name: each for each in policies if isinstance(each, Freeze)},
    )
    return made


def at(hour: int, day: int = 0) -> datetime:
    return T0.replace(hour=hour) + timedelta(days=day)


def only(made: World) -> Wait:
    (wait,) = made.plan().waits
    return wait
