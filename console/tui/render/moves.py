"""A move in words that every screen shares: from one version to another, or a new configuration of
the same one."""

from __future__ import annotations

from rich.style import Style

from console.tui.render.line import Line, line, span
from console.tui.render.palette import ACCENT, MUTED
from engine.api.protocol import ItemView, StepView


def move_text(move: ItemView | StepView) -> str:
    """``2.0 → 2.1``; ``2.0, new configuration`` where the version stays."""
    if move["to"] and move["from"] == move["to"]:
        return f"{move['to']}, new configuration" if move.get("configuration") else f"{move['to']} again"
    return f"{move['from'] or 'nothing'} → {move['to'] or 'nothing'}"


def move_spans(move: ItemView | StepView, arrow: Style = MUTED) -> Line:
    """The same, with the version that comes standing out."""
    if move["to"] and move["from"] == move["to"]:
        return line(span(f" {move_text(move)}", ACCENT))
    goal = span(move["to"] or "nothing", ACCENT)
    if arrow == MUTED:
        return line(span(f" {move['from'] or 'nothing'} → ", MUTED), goal)
    return line(span(f" {move['from'] or 'nothing'}", MUTED), span(" → ", arrow), goal)
