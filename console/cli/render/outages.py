"""Locksteps that take an outage: who misses what, who stops, when it may be."""

from __future__ import annotations

from collections.abc import Sequence

from console.cli.render.times import clock
from engine.api.protocol import OutageView, PlanView
from engine.model.text import printable


def outage_lines(plan: PlanView, *, back: bool = False) -> list[str]:
    """What the locksteps of a plan would take without a bridge; nothing if there are none. ``back``: it
    is a rollback, which waits for no window."""
    return [text for outage in plan.get("outage", ()) for text in lines_of(outage, back=back)]


def lines_of(outage: OutageView, *, asked: bool = False, back: bool = False) -> list[str]:
    """One lockstep, those first who depend on it. ``asked``: it is allowed already."""
    names = _listed(outage["services"])
    lines = [f"an outage would move {names} together:" if not asked else f"an outage moves {names} together:"]
    if outage["dependents"]:
        lines.append(f"    depends on them and is not moved: {_listed(outage['dependents'])}")
    lines.append(f"    stops until the others have moved: {_listed(outage['stops'])}")
    if not outage["windows"]:
        lines.append("    no window policy with outage: true covers all of them, so it is refused")
    elif back:
        lines.append("    rollback --allow-lockstep does so, whether a window is open or not")
    else:
        opens = f"open from {clock(outage['opens'])}" if outage["opens"] else "which does not open"
        flag = "" if asked else "deploy --allow-lockstep "
        lines.append(f"    {flag}in the window {_listed(outage['windows'])}, {opens}")
    return lines


def _listed(names: Sequence[str]) -> str:
    return ", ".join(printable(name) for name in names)
