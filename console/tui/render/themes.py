"""The themes: the palette's colours are names, and each theme says what they really are. The dark one is the
palette itself; ``colour-blind`` tells well from ill by blue and orange; ``ansi`` leaves it to the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.color import Color
from rich.style import Style

from console.tui.render import palette as p

DARK = "interlock"
# TEXT, STRONG, MUTED, FAINT, RULE, ACCENT, GOOD, WARN, BAD, NET_OUT, CURSOR, PANEL
NAMES = (
    "#ccd3dd", "#f1f4f8", "#8591a2", "#4d5766", "#2a323d", "#56b6f7", "#6fae7c", "#e3b55a", "#f0716b", "#c78cf0",
    "#22303f", p.PANEL,
)  # fmt: skip
TABLES: Mapping[str, tuple[str, ...]] = {
    "light": (
        "#24292f", "#000000", "#57606a", "#737d88", "#d0d7de", "#0550ae", "#116329", "#7d4e00", "#a40e26", "#6639ba",
        "#cfe5fb", "#f0f3f6",
    ),
    "colour-blind": (
        "#d5d9e0", "#ffffff", "#98a2b3", "#667085", "#343b46", "#8ec9f5", "#3d9be9", "#f0e442", "#ff8c1a", "#e0a3d0",
        "#2a3a4c", p.PANEL,
    ),
    "ansi": (
        "default", "default", "white", "bright_black", "bright_black", "bright_blue", "green", "yellow", "bright_red",
        "magenta", "bright_black", "default",
    ),
}  # fmt: skip
ANSI_CURSOR = Style(color="bright_white", bgcolor="blue")
THEMES = (DARK, *TABLES)


@lru_cache(maxsize=4096)
def translate(style: Style, theme: str) -> Style:
    """A style of the palette in a theme; one of another origin stays what it is."""
    table = _colours(theme)
    if not table:
        return style
    front, back = _name(style.color), _name(style.bgcolor)
    if theme == "ansi" and back == NAMES[10]:
        return ANSI_CURSOR  # a terminal's sixteen colours are not made to lie on each other
    changed = Style(
        color=table.get(front) if front else None,
        bgcolor=table.get(back) if back else None,
        bold=True if theme == "ansi" and front == NAMES[1] else None,
    )
    return style + changed


@lru_cache(maxsize=8)
def _colours(theme: str) -> Mapping[str, str]:
    return dict(zip(NAMES, TABLES.get(theme, ()), strict=False))


def _name(colour: Color | None) -> str:
    return colour.name.lower() if colour is not None else ""
