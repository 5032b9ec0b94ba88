"""What a deploy would do, as lines: the order, what waits, what it touches besides; or the sentence with
which it would be refused."""

from __future__ import annotations

from datetime import datetime

from console.tui.render.line import EMPTY, Line, fit, line, span, wrap
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, STRONG, TEXT, WARN
from console.tui.render.waits import wait_lines
from engine.api.protocol import PlanView


def preview_lines(plan: PlanView, now: datetime, width: int) -> list[Line]:
    """The preview."""
    found: list[Line] = []
    if plan["refused"]:
        rows = wrap(plan["refused"], width - 4)
        found += [line(span(" ✗ " if not i else "   ", BAD), span(row, BAD)) for i, row in enumerate(rows)]
        found.append(EMPTY)
    orders = sorted({step["order"] for step in plan["steps"]})
    for step in plan["steps"]:
        after = f"  after {', '.join(step['after'])}" if step["after"] else ""
        found.append(
            line(
                span(f" {orders.index(step['order']) + 1:>2} ", FAINT),
                fit(step["service"], 18, STRONG),
                span(f" {step['from'] or 'nothing'}", MUTED),
                span(" → ", FAINT),
                span(step["to"], ACCENT),
                span(after, FAINT),
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
    if plan["waits"]:
        found += [EMPTY, line(span(" would wait for", FAINT)), *wait_lines(plan["waits"], now, width, foreseen=True)]
    elif plan["steps"] and all(step["from"] == step["to"] for step in plan["steps"]):
        found += [EMPTY, line(span(" ● ", GOOD), span("this is the version already: nothing would move", MUTED))]
    elif plan["steps"] and not plan["refused"]:
        found += [EMPTY, line(span(" ● ", GOOD), span("nothing holds it: it starts at once", MUTED))]
    if plan["touches"]:
        found += [EMPTY, line(span(" needed by ", FAINT), span(", ".join(plan["touches"]), WARN))]
    return found
