"""One line that says how an environment fares: how many services, and how many in each state that is
not the quiet one. The first thing a tired person reads."""

from __future__ import annotations

from collections import Counter

from rich.segment import Segment

from console.tui.picture import Picture
from console.tui.render.line import Line, length, span
from console.tui.render.palette import FAINT, MUTED, TEXT, look

ORDER = (
    "failed", "degraded", "reverting", "unknown", "drifted", "paused",
    "rolling", "baking", "waiting", "pending", "converged",
)  # fmt: skip


def summary(picture: Picture, environment: str, width: int, *, hidden: int = 0) -> Line:
    """``27 services  ✗ 1 failed  ► 1 rolling  ● 25 converged``."""
    rows = picture.rows(environment)
    if not rows:
        return (span(" no picture yet" if picture.board is None else " no services here", MUTED),)
    counted = Counter(row["state"] for row in rows)
    note = (
        (span(f"   {hidden} calm ones hidden, ", FAINT), span("f", MUTED), span(" shows all", FAINT)) if hidden else ()
    )
    wide = (*_counts(counted, len(rows), words=True), *note)
    return wide if length(wide) <= width else (*_counts(counted, len(rows), words=False), *note)


def _counts(counted: Counter[str], total: int, *, words: bool) -> Line:
    parts: list[Segment] = [span(f" {total} services", MUTED)]
    for state in (*ORDER, *sorted(set(counted) - set(ORDER))):
        if counted[state]:
            its = look(state)
            parts += [span("   " if words else "  "), span(f"{its.glyph} ", its.style), span(str(counted[state]), TEXT)]
            parts += [span(f" {state}", MUTED)] if words else []
    if counted["converged"] == total:
        parts.append(span("   all at the version wanted", FAINT))
    return tuple(parts)
