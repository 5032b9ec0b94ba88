"""Tables as lines: columns with fixed or shared widths, a head, and one line per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.segment import Segment

from console.tui.render.line import Line, crop, fit, length, span
from console.tui.render.palette import FAINT


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` in cells; ``share`` is the part of what is left over that it grows by, up to
    ``limit``; ``least`` is the table's width below which the column is left out."""

    title: str
    width: int
    share: int = 0
    limit: int = 10_000
    least: int = 0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row's ``key`` is what the cursor keeps to when rows come and go; a row without one is a
    heading, over which the cursor passes."""

    key: str
    make: Callable[[], Line]

    @property
    def cells(self) -> Line:
        """The row, made when it is looked at: of ten thousand rows only those in sight are."""
        return self.make()


@dataclass(frozen=True, slots=True)
class Table:
    """A head, rows, and what to say where there are none."""

    head: Line
    rows: tuple[Row, ...]
    empty: str = "nothing here"


GAP = 2


def widths(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """The columns that are shown at this width, each with its cells."""
    shown = [column for column in columns if width >= column.least]
    spare = width - 2 - sum(column.width for column in shown) - GAP * (len(shown) - 1)
    shares = sum(column.share for column in shown)
    return [
        (c, min(c.limit, max(4, c.width + (spare * c.share // shares if shares else 0))) if c.share else c.width)
        for c in shown
    ]


def head(sized: Sequence[tuple[Column, int]]) -> Line:
    """The row of titles."""
    return _joined([fit(column.title, cells, FAINT, right=column.right) for column, cells in sized])


def cells(sized: Sequence[tuple[Column, int]], values: Mapping[str, Segment | Line]) -> Line:
    """One row: ``values`` by title; a line is padded, a segment fitted."""
    made: list[Segment | Line] = []
    for column, size in sized:
        value = values.get(column.title, span(""))
        if isinstance(value, Segment):
            made.append(fit(value.text, size, value.style or FAINT, right=column.right))
        else:
            short = crop(value, size)
            gap = span(" " * (size - length(short)))
            made.append((gap, *short) if column.right else (*short, gap))
    return _joined(made)


def _joined(parts: Sequence[Segment | Line]) -> Line:
    found: list[Segment] = [span(" ")]
    for i, part in enumerate(parts):
        if i:
            found.append(span(" " * GAP))
        found.extend([part] if isinstance(part, Segment) else part)
    return tuple(found)
