"""The last row: the keys of this screen, greyed where they cannot be used; or for a few seconds what
came of the last one. Made from the registry, so that it cannot say what is not so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.segment import Segment

from console.tui.action import NO_KEYMAP, Aim
from console.tui.actions import of_screen
from console.tui.blocked import blocked
from console.tui.render.line import Line, crop, length, line, span
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, TEXT, WARN


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of a key. ``kind``: done, refused or failed."""

    text: str
    kind: str = "done"


NOTICES = {"done": ("✓", GOOD), "refused": ("–", WARN), "failed": ("✗", BAD)}


def footer(screen: str, aim: Aim, notice: Notice | None, width: int, keymap: Mapping[str, str] = NO_KEYMAP) -> Line:
    """The row."""
    if notice is not None:
        glyph, style = NOTICES[notice.kind]
        return crop(line(span(f" {glyph} ", style), span(notice.text, TEXT)), width)
    always = [action for action in of_screen(screen) if screen in action.footer and action.id in {"help", "quit"}]
    others = [action for action in of_screen(screen) if screen in action.footer and action not in always]
    parts: list[Segment] = [span(" ")]
    tail: list[Segment] = []
    for action in always:
        tail += _hint(action.key(screen, keymap), action.name, "")
    for action in others:
        name = "resume" if action.id == "pause" and aim.paused else action.name
        hint = _hint(action.key(screen, keymap), name, blocked(action, aim))
        if length(parts) + length(hint) + length(tail) <= width:
            parts += hint
    return crop((*parts, *tail), width)


def _hint(key: str, name: str, why_not: str) -> list[Segment]:
    if why_not:
        return [span(key, FAINT), span(f" {name}  ", FAINT)]
    return [span(key, ACCENT), span(f" {name}  ", MUTED)]
