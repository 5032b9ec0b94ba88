"""A block of lines that repaints only the cells that differ from what it showed before: over a slow link
a changed card costs a few dozen bytes, not a screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from console.tui.render.line import EMPTY, Line, length
from console.tui.render.themes import DARK, translate


class LineView(Widget):
    """Shows exactly the lines it is given, from its top."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Replaces what is shown."""
        before, self.lines = self.lines, list(lines)
        regions = []
        for y in range(max(len(before), len(self.lines))):
            old = before[y] if y < len(before) else EMPTY
            new = self.lines[y] if y < len(self.lines) else EMPTY
            if old != new:
                start, end = _changed(old, new, self.size.width)
                regions.append(Region(start, y, end - start, 1))
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One row, on the widget's own background."""
        width = self.size.width
        base = self.rich_style
        if y >= len(self.lines):
            return Strip.blank(width, base)
        theme = self.app.theme
        parts = self.lines[y]
        if theme != DARK:
            parts = tuple(Segment(part.text, translate(part.style or base, theme)) for part in parts)
        return Strip(parts).apply_style(base).adjust_cell_length(width, base)

    @property
    def text(self) -> str:
        """What is shown, without styles."""
        return "\n".join("".join(part.text for part in row).rstrip() for row in self.lines)


def _changed(old: Line, new: Line, width: int) -> tuple[int, int]:
    """The cells that may differ between two rows: whole segments equal at either end are left out."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    start = length(old[:same])
    total_old, total_new = length(old), length(new)
    if total_old != total_new:
        return min(start, width), width
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    end = total_new - length(_last(new, tail))
    return min(start, width), max(min(start, width), min(end, width))


def _last(parts: Line, count: int) -> tuple[Segment, ...]:
    return parts[len(parts) - count :] if count else ()
