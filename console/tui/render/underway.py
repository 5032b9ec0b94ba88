"""What moves and what waits, over all services: the few lines that answer both without a key press."""

from __future__ import annotations

from datetime import datetime

from console.tui.picture import Picture
from console.tui.render.line import EMPTY, Line, line, span
from console.tui.render.palette import FAINT, MUTED, STRONG, WARN, change_look
from console.tui.render.queue import progress, services_phrase
from console.tui.render.times import age, until


def underway(picture: Picture, environment: str, now: datetime) -> list[Line]:
    """Every unfinished change: its services and progress, then what it waits for first."""
    found: list[Line] = [line(span(" under way and waiting", FAINT))]
    for change in picture.unfinished:
        its = change_look(change["state"])
        found.append(
            line(
                span(f" {its.glyph} ", its.style), span(f"{change['id']}  ", STRONG), *progress(change, 8), "  ",
                *services_phrase(change, environment),
            )
        )  # fmt: skip
        for wait in change["waits"][:1]:
            more = f" +{len(change['waits']) - 1}" if len(change["waits"]) > 1 else ""
            since = age(wait["since"], now)
            found.append(
                line(span(f"     {wait['reason']} {since}{more}", WARN), span(f" · {until(wait['until'], now)}", MUTED))
            )
    return found if len(found) > 1 else [*found, line(span("   nothing", MUTED)), EMPTY]
