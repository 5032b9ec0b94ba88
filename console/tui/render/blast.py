"""What a rollback or a cancel touches, as lines for the dialog that asks once more."""

from __future__ import annotations

from console.tui.picture import Picture
from console.tui.render.card import motion
from console.tui.render.line import Line, line, span
from console.tui.render.palette import FAINT, MUTED, STRONG, TEXT, WARN
from engine.api.protocol import ChangeView, PlanView


def cancel_lines(change: ChangeView) -> list[Line]:
    """The parts that leave the queue, and those that do not."""
    found: list[Line] = []
    for item in change["items"]:
        if item["state"] == "waiting":
            found.append(
                line(span(f" {item['service']}", STRONG), span(f"  stays at {item['from'] or 'nothing'}", TEXT),
                     span(f", {item['to']} is not installed", MUTED))
            )  # fmt: skip
        else:
            found.append(line(span(f" {item['service']}", TEXT), span(f"  is {item['state']}: not touched", MUTED)))
    return found


def rollback_lines(picture: Picture, environment: str, services: list[str]) -> list[Line]:
    """Each service with its placements, and the services that need it."""
    found: list[Line] = []
    for service in services:
        where = motion(picture.row(service, environment))
        found.append(
            line(
                span(f" {service}@{environment}", STRONG),
                span(f"  {where.current}{f' → {where.goal}' if where.goal else ''}", TEXT),
                span(f"  on {where.total} placements", MUTED),
                span("  to its newest good version", TEXT),
            )
        )
        node = picture.services.get(service)
        if node and node["needed_by"]:
            found.append(line(span("   needed by ", FAINT), span(", ".join(node["needed_by"]), WARN)))
    found.append(line(span(" Dependency order and budgets are kept; other gates are not asked.", FAINT)))
    return found


def chain_lines(plan: PlanView) -> list[Line]:
    """What would have to go back together, in order, and the key that takes it."""
    found = [line(), line(span(" Others refuse the older version. ", WARN), span("c", STRONG),
                          span(" takes the whole chain back:", TEXT))]  # fmt: skip
    for number, leg in enumerate(plan["chain"], 1):
        move = f" {leg['from'] or 'nothing'} → {leg['to']}"
        found.append(line(span(f"  {number}. ", FAINT), span(leg["service"], STRONG), span(move, TEXT)))
    return found
