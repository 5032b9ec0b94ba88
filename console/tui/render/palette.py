"""The colours, and ONE table of how each state looks: a glyph first and a colour second, because no
state may be told by colour alone. Quiet is normal: what is well is dim, what wants attention is not.

Every glyph is one cell wide, has no emoji form and is in the common terminal fonts.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style

BACKGROUND = "#0e1116"
PANEL = "#151a21"
RAISED = "#1f2731"

TEXT = Style(color="#ccd3dd")
STRONG = Style(color="#f1f4f8", bold=True)
MUTED = Style(color="#8591a2")
FAINT = Style(color="#4d5766")
RULE = Style(color="#2a323d")
ACCENT = Style(color="#56b6f7")
ACCENT_BOLD = Style(color="#56b6f7", bold=True)
GOOD = Style(color="#6fae7c")
WARN = Style(color="#e3b55a")
BAD = Style(color="#f0716b")
BAD_BOLD = Style(color="#f0716b", bold=True)
NET_IN = Style(color="#56b6f7")
NET_OUT = Style(color="#c78cf0")
CURSOR = Style(bgcolor="#22303f")
BAR = Style(bgcolor=PANEL)


@dataclass(frozen=True, slots=True)
class Look:
    """How one state is drawn."""

    glyph: str
    style: Style


UNKNOWN_LOOK = Look("?", MUTED)

# Instances, changes and items, placements and moves, hosts: the words do not clash.
LOOKS: dict[str, Look] = {
    "converged": Look("●", GOOD),
    "pending": Look("○", ACCENT),
    "waiting": Look("◔", WARN),
    "rolling": Look("►", ACCENT),
    "baking": Look("◑", ACCENT),
    "paused": Look("‖", WARN),
    "drifted": Look("≠", WARN),
    "degraded": Look("▲", BAD),
    "reverting": Look("◄", BAD),
    "failed": Look("✗", BAD),
    "unknown": UNKNOWN_LOOK,
    "running": Look("●", GOOD),
    "succeeded": Look("✓", GOOD),
    "reverted": Look("↶", BAD),
    "cancelled": Look("–", MUTED),
    "superseded": Look("»", MUTED),
    "moving": Look("►", ACCENT),
    "done": Look("✓", GOOD),
    "unconfirmed": Look("▲", BAD),
    "withheld": Look("▲", BAD),
    "intended": Look("○", ACCENT),
    "staging": Look("◔", ACCENT),
    "uploading": Look("◔", ACCENT),
    "switching": Look("►", ACCENT),
    "confirming": Look("◑", ACCENT),
    "stopped": Look("▪", WARN),
    "absent": Look("·", MUTED),
    "up": Look("●", GOOD),
    "unreachable": Look("✗", BAD),
}


def look(state: str) -> Look:
    """The look of a state; one that this console does not know yet shows as unknown."""
    return LOOKS.get(state, UNKNOWN_LOOK)


def change_look(state: str) -> Look:
    """The look of a change or item: one that runs is moving, not well."""
    return LOOKS["rolling"] if state == "running" else look(state)
