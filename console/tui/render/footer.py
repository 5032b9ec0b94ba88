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
    hints = _hints(screen, aim, width, keymap)
    return crop((span(" "), *(part for _, hint in hints for part in hint)), width)


def action_at(screen: str, aim: Aim, width: int, keymap: Mapping[str, str], x: int) -> str:
    """The id of the action whose hint is drawn at a cell, "" if none is."""
    at = 1
    for name, hint in _hints(screen, aim, width, keymap):
        at += length(hint)
        if x < at:
            return name if x >= 1 else ""
    return ""


def _hints(screen: str, aim: Aim, width: int, keymap: Mapping[str, str]) -> list[tuple[str, list[Segment]]]:
    """The hints that fit, each with its action's id; help and quit always do."""
    always = [action for action in of_screen(screen) if screen in action.footer and action.id in {"help", "quit"}]
    others = [action for action in of_screen(screen) if screen in action.footer and action not in always]
    tail = [(action.id, _hint(action.key(screen, keymap), action.name, "")) for action in always]
    used = 1 + sum(length(hint) for _, hint in tail)
    found: list[tuple[str, list[Segment]]] = []
    for action in others:
        name = "resume" if action.id == "pause" and aim.paused else action.name
        hint = _hint(action.key(screen, keymap), name, blocked(action, aim))
        if used + length(hint) <= width:
            found.append((action.id, hint))
            used += length(hint)
    return [*found, *tail]


def _hint(key: str, name: str, why_not: str) -> list[Segment]:
    if why_not:
        return [span(key, FAINT), span(f" {name}  ", FAINT)]
    return [span(key, ACCENT), span(f" {name}  ", MUTED)]
