"""The dependency matrix: a row and a column for each service, in the order in which they depend. A mark says
that the row needs the column; above the diagonal it is a cycle, which shows at once."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style

from console.tui.render.layout import Layout
from console.tui.render.line import Line, fit, line, pad, restyle, span
from console.tui.render.palette import ACCENT, BAD, CURSOR, FAINT, MUTED, NET_IN, NET_OUT, RULE, STRONG, TEXT, look
from engine.api.protocol import StatusRow

CELL = 3
Rows = Callable[[str], StatusRow | None]


def order(layout: Layout) -> list[str]:
    """Providers before consumers, column by column of the map."""
    return [name for column in layout.columns for name in column]


def matrix_lines(layout: Layout, row_of: Rows, selected: str, width: int, height: int) -> list[Line]:
    """The part of the matrix around the selected service that fits."""
    names = order(layout)
    here = names.index(selected) if selected in names else 0
    label = min(24, max(map(len, names), default=8) + 9)
    across = max(1, (width - label - 2) // CELL)
    first = _first(here, across, len(names))
    top = _first(here, max(1, height - 2), len(names))
    columns = list(range(first, min(len(names), first + across)))
    head = line(
        span(" " * label),
        *[span(f"{n + 1:>2} ", ACCENT if n == here else FAINT) for n in columns],
    )
    found = [head]
    for at in range(top, min(len(names), top + max(1, height - 2))):
        name = names[at]
        row = row_of(name)
        its = look(row["state"] if row else "absent")
        title = line(
            span(f" {at + 1:>3} ", ACCENT if at == here else FAINT), span(f"{its.glyph} ", its.style),
            fit(name, label - 9, STRONG if at == here else _name_style(name, selected, layout)), span(" "),
        )  # fmt: skip
        cells = [_cell(at, n, names, layout, here) for n in columns]
        whole = line(*title, *cells)
        found.append(restyle(pad(whole, width), CURSOR) if at == here else whole)
    said = f" {len(names)} services · ■ the row needs the column · ◆ a cycle"
    shown = "" if len(columns) == len(names) else f" · columns {first + 1}–{first + len(columns)}"
    return [*found[: max(1, height - 1)], line(span(said + shown, FAINT))]


def service_at(layout: Layout, selected: str, height: int, y: int) -> str:
    """The service whose row is drawn at ``y``, "" if none is."""
    names = order(layout)
    here = names.index(selected) if selected in names else 0
    rows = max(1, height - 2)
    at = _first(here, rows, len(names)) + y - 1
    return names[at] if 1 <= y <= rows and at < len(names) else ""


def _first(here: int, room: int, count: int) -> int:
    return max(0, min(here - room // 2, count - room))


def _name_style(name: str, selected: str, layout: Layout) -> Style:
    if name in layout.needs.get(selected, ()):
        return NET_IN
    return NET_OUT if name in layout.needed_by.get(selected, ()) else TEXT


def _cell(row: int, column: int, names: list[str], layout: Layout, here: int) -> Segment:
    crossing = here in {row, column}
    if row == column:
        return span(" ╲ ", ACCENT if crossing else RULE)
    if names[column] in layout.needs.get(names[row], ()):
        if column > row:
            return span(" ◆ ", BAD)
        return span(" ■ ", NET_IN if row == here else NET_OUT if column == here else MUTED)
    return span(" · ", FAINT if crossing else RULE)
