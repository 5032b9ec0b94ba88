"""Lines between cards, as box-drawing characters: runs are laid down as directions per cell and turned
into characters at the end, so that the branches of one net join by themselves."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from console.tui.render.palette import TEXT

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
_BY_BITS = {
    0: " ",
    NORTH: "│",
    SOUTH: "│",
    NORTH | SOUTH: "│",
    EAST: "─",
    WEST: "─",
    EAST | WEST: "─",
    EAST | SOUTH: "╭",
    WEST | SOUTH: "╮",
    NORTH | EAST: "╰",
    NORTH | WEST: "╯",
    NORTH | SOUTH | EAST: "├",
    NORTH | SOUTH | WEST: "┤",
    EAST | WEST | SOUTH: "┬",
    EAST | WEST | NORTH: "┴",
    NORTH | EAST | SOUTH | WEST: "┼",
}
HEAD = "▸"


class Wires:
    """A sheet of wires as large as the window: what lies outside costs nothing. Nets laid down
    later lie over earlier ones."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._cells: dict[tuple[int, int], tuple[str, Style]] = {}
        self._net: dict[tuple[int, int], int] = {}
        self._heads: set[tuple[int, int]] = set()

    def across(self, y: int, start: int, end: int) -> None:
        """A horizontal run from cell to cell, both included."""
        if not 0 <= y < self._height:
            return
        low, high = min(start, end), max(start, end)
        for x in range(max(0, low), min(high + 1, self._width)):
            self._join(x, y, (WEST if x > low else 0) | (EAST if x < high else 0))

    def down(self, x: int, start: int, end: int) -> None:
        """A vertical run from cell to cell, both included."""
        if not 0 <= x < self._width:
            return
        low, high = min(start, end), max(start, end)
        for y in range(max(0, low), min(high + 1, self._height)):
            self._join(x, y, (NORTH if y > low else 0) | (SOUTH if y < high else 0))

    def head(self, x: int, y: int) -> None:
        """The tip of an arrow, where a net enters a card."""
        self._heads.add((x, y))

    def finish(self, style: Style) -> None:
        """Ends the net that was being laid, in one style."""
        for at, bits in self._net.items():
            self._cells[at] = (HEAD if at in self._heads else _BY_BITS[bits], style)
        self._net.clear()
        self._heads.clear()

    def run(self, y: int, start: int, end: int) -> list[Segment]:
        """The row's cells from ``start`` up to ``end``, as few segments as may be."""
        found: list[Segment] = []
        text, style = "", TEXT
        for x in range(start, end):
            char, its = self._cells.get((x, y), (" ", style))
            if its is not style and text:
                found.append(Segment(text, style))
                text = ""
            text, style = text + char, its
        if text:
            found.append(Segment(text, style))
        return found

    def _join(self, x: int, y: int, bits: int) -> None:
        self._net[x, y] = self._net.get((x, y), 0) | bits
