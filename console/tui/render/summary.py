"""One line that says how an environment fares: how many services, and how many in each state that is
not the quiet one. The first thing a tired person reads."""

from __future__ import annotations

from collections import Counter

from rich.segment import Segment

from console.tui.picture import Picture
from console.tui.render.line import Line, span
from console.tui.render.palette import FAINT, MUTED, TEXT, look

ORDER = (
    "failed", "degraded", "reverting", "unknown", "drifted", "paused",
    "rolling", "baking", "waiting", "pending", "converged",
)  # fmt: skip


def summary(picture: Picture, environment: str) -> Line:
    """``27 services  ✗ 1 failed  ► 1 rolling  ● 25 converged``."""
    rows = picture.rows(environment)
    if not rows:
        return (span(" no picture yet" if picture.board is None else " no services here", MUTED),)
    counted = Counter(row["state"] for row in rows)
    parts: list[Segment] = [span(f" {len(rows)} services", MUTED)]
    for state in (*ORDER, *sorted(set(counted) - set(ORDER))):
        if counted[state]:
            its = look(state)
            parts += [
                span("   "),
                span(f"{its.glyph} ", its.style),
                span(f"{counted[state]} ", TEXT),
                span(state, MUTED),
            ]
    if counted["converged"] == len(rows):
        parts.append(span("   all at the version wanted", FAINT))
    return tuple(parts)
