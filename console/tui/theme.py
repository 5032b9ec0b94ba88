"""The theme that Textual's own widgets (inputs, buttons, palette) take; content is coloured by
``render.palette``."""

from __future__ import annotations

from textual.theme import Theme

from console.tui.render import palette

THEME = Theme(
    name="interlock", primary="#56b6f7", accent="#56b6f7", secondary="#c78cf0", success="#6fae7c", warning="#e3b55a",
    error="#f0716b", foreground="#ccd3dd", background=palette.BACKGROUND, surface=palette.PANEL, panel=palette.PANEL,
)  # fmt: skip
