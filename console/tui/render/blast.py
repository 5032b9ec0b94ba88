"""What a rollback or a cancel touches, as lines for the dialog that asks once more."""

from __future__ import annotations

from collections.abc import Mapping

from console.tui.picture import Picture
from console.tui.render.card import motion
from console.tui.render.line import Line, line, span
from console.tui.render.palette import FAINT, MUTED, STRONG, TEXT, WARN
from engine.api.protocol import ChangeView


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


def rollback_lines(picture: Picture, environment: str, services: Mapping[str, str]) -> list[Line]:
    """Each service with its placements, the version it goes back to ("": its newest good one, which
    the engine knows), and the services that need it."""
    found: list[Line] = []
    for service, version in services.items():
        where = motion(picture.row(service, environment))
        found.append(
            line(
                span(f" {service}@{environment}", STRONG),
                span(f"  {where.current}{f' → {where.goal}' if where.goal else ''}", TEXT),
                span(f"  on {where.total} placements", MUTED),
                span(f"  back to {version}" if version else "  to its newest good version", TEXT),
            )
        )
        node = picture.services.get(service)
        if node and node["needed_by"]:
            found.append(line(span("   needed by ", FAINT), span(", ".join(node["needed_by"]), WARN)))
    found.append(line(span(" Dependency order and budgets are kept; other gates are not asked.", FAINT)))
    return found
