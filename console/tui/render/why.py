"""The answer to "why does it not move", as lines."""

from __future__ import annotations

from datetime import datetime

from console.tui.render.line import EMPTY, Line, line, span, wrap
from console.tui.render.palette import ACCENT, FAINT, STRONG
from console.tui.render.waits import wait_lines
from engine.api.protocol import WhyView


def why_lines(why: WhyView, now: datetime, width: int) -> list[Line]:
    """The sentence, the waits, and the one command that would move it most."""
    found = [line(span(f" {row}", STRONG)) for row in wrap(why["answer"], width - 2)]
    if why["chain"]:
        found.append(EMPTY)
    for branch in why["chain"]:
        inset = 2 * branch["depth"]
        found += [(span(" " * inset), *row) for row in wait_lines([branch["wait"]], now, width - inset)]
    if why["action"]:
        found += [EMPTY, line(span(" what would move it most", FAINT))]
        found += [line(span(f"   {row}", ACCENT)) for row in wrap(why["action"], width - 4)]
    return found
