"""The themes that Textual's own widgets (inputs, buttons, palette) and the grounds take; content is coloured
by ``render.palette`` and, in other themes than the dark one, by ``render.themes``."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from console.tui.render import palette
from console.tui.render.themes import DARK, THEMES

__all__ = ["DARK", "THEMES", "every_theme"]


def every_theme() -> list[Theme]:
    """In the order in which a key goes through them."""
    return [
        Theme(
            name=DARK, primary="#56b6f7", accent="#56b6f7", secondary="#c78cf0", success="#6fae7c", warning="#e3b55a",
            error="#f0716b", foreground="#ccd3dd", background=palette.BACKGROUND, surface=palette.PANEL,
            panel=palette.PANEL, variables={"pane": "#12161c", "raised": palette.RAISED, "frame": "#2f3946"},
        ),
        Theme(
            name="light", dark=False, primary="#0550ae", accent="#0550ae", secondary="#6639ba", success="#116329",
            warning="#7d4e00", error="#a40e26", foreground="#24292f", background="#ffffff", surface="#f0f3f6",
            panel="#f0f3f6", variables={"pane": "#f6f8fa", "raised": "#e4eaf0", "frame": "#d0d7de"},
        ),
        Theme(
            name="colour-blind", primary="#8ec9f5", accent="#8ec9f5", secondary="#e0a3d0", success="#3d9be9",
            warning="#f0e442", error="#ff8c1a", foreground="#d5d9e0", background=palette.BACKGROUND,
            surface=palette.PANEL, panel=palette.PANEL,
            variables={"pane": "#12161c", "raised": palette.RAISED, "frame": "#343b46"},
        ),
        Theme(
            name="ansi", ansi=True, primary="ansi_blue", accent="ansi_blue", secondary="ansi_magenta",
            success="ansi_green", warning="ansi_yellow", error="ansi_red", foreground="ansi_default",
            background="ansi_default", surface="ansi_default", panel="ansi_default", boost="ansi_default",
            variables={
                **BUILTIN_THEMES["ansi-dark"].variables,
                "pane": "ansi_default", "raised": "ansi_default", "frame": "ansi_bright_black",
            },
        ),
    ]  # fmt: skip
