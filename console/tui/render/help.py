"""The help page, from the registry: what can be done here, with which key, and how dangerous it is."""

from __future__ import annotations

from collections.abc import Mapping

from console.tui.action import NO_KEYMAP
from console.tui.actions import ACT, APP, GO, LOOK, SHOWN_KEYS, Aim, Danger, of_screen
from console.tui.blocked import blocked
from console.tui.render.line import EMPTY, Line, fit, line, span
from console.tui.render.palette import ACCENT, BAD, FAINT, MUTED, STRONG, TEXT, WARN, look

STATES = (
    "converged",
    "pending",
    "waiting",
    "rolling",
    "paused",
    "reverting",
    "failed",
    "degraded",
    "drifted",
    "unknown",
)
MARKS = (
    ("⊘", BAD, "a version wanted here is bad (faint: another version is)"),
    ("∆", ACCENT, "the inventory has a configuration or placements that no change has brought yet"),
    ("†", WARN, "runs on a host that the inventory took away"),
    ("≁", BAD, "a dependency is broken as it stands"),
)


def help_lines(screen: str, aim: Aim, width: int, keymap: Mapping[str, str] = NO_KEYMAP) -> list[Line]:
    """Grouped actions, then the legend of states."""
    found: list[Line] = []
    for group in (ACT, LOOK, GO, APP):
        found.append(line(span(f" {group}", STRONG)))
        for action in of_screen(screen):
            if action.group != group:
                continue
            keys = " ".join(SHOWN_KEYS.get(key, key) for key in action.keys_on(screen, keymap))
            why_not = blocked(action, aim)
            danger = "" if action.danger is Danger.NONE else f" ({action.danger.value})"
            found.append(
                line(
                    fit(f"   {keys}", 14, FAINT if why_not else ACCENT),
                    fit(action.name, 13, FAINT if why_not else TEXT),
                    span(why_not, BAD) if why_not else span(action.help, MUTED),
                    span(danger, WARN if action.danger is Danger.BRAKE else FAINT),
                )
            )
        found.append(EMPTY)
    found.append(line(span(" States", STRONG)))
    per_row = max(1, (width - 4) // 16)
    for start in range(0, len(STATES), per_row):
        parts = []
        for state in STATES[start : start + per_row]:
            its = look(state)
            parts += [span(f"{its.glyph} ", its.style), fit(state, 14, MUTED)]
        found.append(line("   ", *parts))
    found += [EMPTY, line(span(" Marks", STRONG))]
    found += [line("   ", span(f"{glyph} ", style), span(said, MUTED)) for glyph, style, said in MARKS]
    return found
