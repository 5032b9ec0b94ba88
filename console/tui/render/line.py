"""Lines: tuples of styled segments, the one form in which everything is drawn.

All text passes through ``span``, which takes out whatever a terminal would act upon: this is the one
gate between what hosts report and the operator's terminal. Every segment has a style.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from console.tui.render.palette import FAINT, TEXT
from engine.model.text import printable

Line = tuple[Segment, ...]
EMPTY: Line = ()


def span(text: str, style: Style = TEXT) -> Segment:
    """One harmless piece of text."""
    return Segment(printable(text), style)


def line(*parts: Segment | str) -> Line:
    """A line of pieces; bare text gets the ordinary style."""
    return tuple(part if isinstance(part, Segment) else span(part) for part in parts)


def shorten(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, its end replaced by an ellipsis if it is longer."""
    text = printable(text)
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    return set_cell_size(text, width - 1).rstrip() + "…"


def fit(text: str, width: int, style: Style = TEXT, *, right: bool = False) -> Segment:
    """``text`` in exactly ``width`` cells."""
    short = shorten(text, max(0, width))
    gap = " " * (max(0, width) - cell_len(short))
    return Segment(gap + short if right else short + gap, style)


def length(parts: Iterable[Segment]) -> int:
    """Width in cells."""
    return sum(cell_len(part.text) for part in parts)


def crop(parts: Line, width: int) -> Line:
    """The line cut to at most ``width`` cells, with an ellipsis where something was lost."""
    if length(parts) <= width:
        return parts
    kept: list[Segment] = []
    left = width - 1
    for part in parts:
        size = cell_len(part.text)
        if size > left:
            kept.append(Segment(set_cell_size(part.text, max(0, left)), part.style))
            break
        kept.append(part)
        left -= size
    kept.append(Segment("…" if width > 0 else "", FAINT))
    return tuple(kept)


def pad(parts: Line, width: int, style: Style = TEXT) -> Line:
    """The line in exactly ``width`` cells."""
    cut = crop(parts, width)
    gap = width - length(cut)
    return (*cut, Segment(" " * gap, style)) if gap > 0 else cut


def spread(left: Line, right: Line, width: int) -> Line:
    """``left`` and ``right`` at the two ends; the left gives way where both do not fit."""
    right = crop(right, width)
    room = width - length(right)
    return (*pad(left, room), *right)


def restyle(parts: Line, style: Style) -> Line:
    """The line with ``style`` laid over it (a cursor's background, a dimming colour)."""
    return tuple(Segment(part.text, (part.style or TEXT) + style) for part in parts)


def beside(left: list[Line], right: list[Line], left_width: int, gap: Segment) -> list[Line]:
    """Two blocks side by side."""
    rows = max(len(left), len(right))
    return [
        (*pad(left[i] if i < len(left) else EMPTY, left_width), gap, *(right[i] if i < len(right) else EMPTY))
        for i in range(rows)
    ]


def wrap(text: str, width: int) -> list[str]:
    """``text`` broken at spaces into rows of at most ``width`` cells; long words are cut hard."""
    rows: list[str] = []
    row = ""
    for whole in printable(text).split(" "):
        word = whole
        while cell_len(word) > width > 0:
            if row:
                rows.append(row)
                row = ""
            head = set_cell_size(word, width)
            rows.append(head)
            word = word[len(head.rstrip()) or 1 :]
        trial = f"{row} {word}" if row else word
        if cell_len(trial) > width and row:
            rows.append(row)
            row = word
        else:
            row = trial
    return [*rows, row] if row or not rows else rows
