"""Waits as lines: the reason, since when, when it clears, whose it is, and what a person could do. No
wait is ever shown without its age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.tui.render.line import Line, line, span, wrap
from console.tui.render.palette import ACCENT, FAINT, MUTED, TEXT, WARN
from console.tui.render.times import age, until
from engine.api.protocol import WaitView


def wait_lines(waits: Sequence[WaitView], now: datetime, width: int, *, foreseen: bool = False) -> list[Line]:
    """Each wait in three to five rows; ``foreseen`` ones have not begun, so they have no age."""
    found: list[Line] = []
    indent, margin = 1, " "
    for wait in waits:
        waited = age(wait["since"], now)
        lasts = "" if foreseen else f"  for {waited}" if waited else "  just now"
        found.append(
            line(
                span(f"{margin}◔ ", WARN),
                span(wait["reason"], WARN),
                span(f"  {wait['subject']}", MUTED),
                span(lasts, TEXT),
                span(f" · {until(wait['until'], now)}", MUTED),
                span(f" · {wait['owner']}" if wait["owner"] else "", FAINT),
            )
        )
        found += [line(span(f"{margin}  {row}", TEXT)) for row in wrap(wait["message"], width - indent - 2)]
        if wait["unblock"]:
            rows = wrap(wait["unblock"], width - indent - 4)
            found += [line(span(f"{margin}  {'→ ' if not i else '  '}{r}", ACCENT)) for i, r in enumerate(rows)]
    return found
