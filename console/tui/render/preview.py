"""What a deploy would do, as lines: the order, what waits, what it touches besides; or the sentence with
which it would be refused."""

from __future__ import annotations

from datetime import datetime

from console.tui.render.line import EMPTY, Line, fit, line, shorten, span, wrap
from console.tui.render.moves import move_spans
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, STRONG, TEXT, WARN
from console.tui.render.times import duration, parse
from console.tui.render.waits import wait_lines
from engine.api.protocol import PlanView, StepView


def preview_lines(plan: PlanView, now: datetime, width: int) -> list[Line]:
    """The preview."""
    found: list[Line] = []
    if plan["refused"]:
        rows = wrap(plan["refused"], width - 4)
        found += [line(span(" ✗ " if not i else "   ", BAD), span(row, BAD)) for i, row in enumerate(rows)]
        found.append(EMPTY)
    orders = sorted({step["order"] for step in plan["steps"]})
    for step in plan["steps"]:
        knotted = step.get("in_lockstep", False)
        place = " -" if knotted else f"{orders.index(step['order']) + 1:>2}"
        found.append(
            line(
                span(f" {place} ", FAINT),
                fit(step["service"], 18, STRONG),
                *move_spans(step, FAINT),
                span(_after(step), FAINT),
                span(_times(step, now), MUTED),
            )
        )
    for knot in plan["lockstep"]:
        found.append(line(span(f" ✗ no safe order: {', '.join(knot['services'])}", BAD)))
        for pair in knot["pairs"]:
            said = (
                f"   {pair['consumer']} {pair['consumer_version']} runs beside {pair['provider']}"
                f" {pair['provider_version']} and needs {pair['needs']}"
            )
            found += [line(span(f"   {row}", TEXT)) for row in wrap(said.strip(), width - 4)]
    found += [*_bridge(plan), *outage_lines(plan, width)]
    for said in (*plan.get("notes", ()), *plan.get("violations", ())):
        rows = wrap(said, width - 4)
        found += [line(span(" ! " if not i else "   ", WARN), span(row, TEXT)) for i, row in enumerate(rows)]
    if plan["waits"]:
        found += [EMPTY, line(span(" would wait for", FAINT)), *wait_lines(plan["waits"], now, width, foreseen=True)]
    elif plan["steps"] and all(step["from"] == step["to"] for step in plan["steps"]):
        found += [EMPTY, line(span(" ● ", GOOD), span("this is the version already: nothing would move", MUTED))]
    elif plan["steps"] and not plan["refused"]:
        found += [EMPTY, line(span(" ● ", GOOD), span("nothing holds it: it starts at once", MUTED))]
    if plan["touches"]:
        found += [EMPTY, line(span(" needed by ", FAINT), span(", ".join(plan["touches"]), WARN))]
    return found


def _after(step: StepView) -> str:
    """What goes before, by force or by preference."""
    if step.get("in_lockstep"):
        return "  no order"
    forced = f"  after {', '.join(step['after'])}" if step["after"] else ""
    rather = step.get("rather_after", [])
    return f"{forced}  rather after {', '.join(rather)}" if rather else forced


def _times(step: StepView, now: datetime) -> str:
    """When a step would run, from now."""
    start, end = parse(step["start"]), parse(step["end"])
    if start is None or end is None:
        return ""
    wait_s = (start - now).total_seconds()
    begins = f"in {duration(wait_s)}" if wait_s >= 1 else "at once"
    return f"  {begins}, for {duration((end - start).total_seconds())}"


def _bridge(plan: PlanView) -> list[Line]:
    """The way round a lockstep, and the key that takes it."""
    if not plan["lockstep"]:
        return []
    if not plan["bridge"]:
        said = "no known versions bridge it in at most two steps"
        if plan.get("bridge_given_up"):
            said = "no bridge was found before the search was given up: there may be one; try fewer services"
        return [line(span(f"   {said}", MUTED))]
    found = [EMPTY, line(span(" ^b ", STRONG), span("takes this bridge over versions in between", GOOD))]
    for number, leg in enumerate(plan["bridge"], 1):
        found.append(
            line(
                span(f" {number:>2} ", FAINT),
                fit(leg["service"], 18, STRONG),
                span(f" {leg['from'] or 'nothing'}", MUTED),
                span(" → ", FAINT),
                span(leg["to"], ACCENT),
                span(f"  in {leg['environment']}", FAINT),
            )
        )
    return found


def outage_lines(plan: PlanView, width: int) -> list[Line]:
    """What a lockstep takes without a bridge: those first who miss it, then who stops, and the key."""
    found: list[Line] = []
    for outage in plan.get("outage", ()):
        names = ", ".join(outage["services"])
        allowed = bool(outage["windows"])
        key = span(" ^o " if allowed else "    ", STRONG)
        words = f"stops what must be stopped and moves {names} together (deploy --allow-lockstep)"
        found += [EMPTY, line(key, span(shorten(words, width - 4), WARN if allowed else MUTED))]
        if outage["dependents"]:
            found.append(line(span("    misses it ", FAINT), span(", ".join(outage["dependents"]), WARN)))
        found.append(line(span("    stops ", FAINT), span(", ".join(outage["stops"]), BAD)))
        when = f"in the window {', '.join(outage['windows'])}" if allowed else "no window with outage: true covers them"
        found.append(line(span(f"    {when}", FAINT)))
    return found
