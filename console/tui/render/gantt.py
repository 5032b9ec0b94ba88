"""Bars on a stretch of time, in cells: where an instant lies, which cells are shaded, what a lane looks
like. Pure text; what the bars mean is the timeline's business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.segment import Segment
from rich.style import Style

from console.tui.render.line import Line, span
from console.tui.render.palette import ACCENT, FAINT, MUTED, RULE

SHUT, FROZEN, OPEN = "·", "×", " "
STEPS_S = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600)
TICK_CELLS = 11  # the least that a tick's text needs


@dataclass(frozen=True, slots=True)
class Stretch:
    """[begin, end) over ``cells`` cells."""

    begin: datetime
    end: datetime
    cells: int

    @property
    def cell_s(self) -> float:
        """Seconds that one cell stands for."""
        return max((self.end - self.begin).total_seconds() / max(1, self.cells), 0.001)

    def cell(self, instant: datetime) -> int:
        """The cell in which an instant lies; may be outside."""
        return int((instant - self.begin).total_seconds() // self.cell_s)

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether anything of [start, end] is in sight."""
        return start < self.end and end >= self.begin


@dataclass(frozen=True, slots=True)
class Bar:
    """``glyph`` fills its cells, at least one."""

    start: datetime
    end: datetime
    glyph: str
    style: Style


@dataclass(frozen=True, slots=True)
class Shade:
    """Something is shut from ``start`` to ``end``: a window, or (``frozen``) a freeze."""

    start: datetime
    end: datetime
    frozen: bool = False


def lane(
    stretch: Stretch, bars: Iterable[Bar], shades: Iterable[Shade], now: datetime, note: str = "", style: Style = MUTED
) -> Line:
    """One row of cells: shading, over it the line of the present, over it the bars; ``note``
    stands after the present, for what has no bar."""
    cells: list[tuple[str, Style]] = [(OPEN, RULE)] * stretch.cells
    for shade in shades:
        glyph = FROZEN if shade.frozen else SHUT
        for at in _range(stretch, shade.start, shade.end):
            if cells[at][0] != FROZEN:
                cells[at] = (glyph, FAINT)
    here = stretch.cell(now)
    if 0 <= here < stretch.cells:
        cells[here] = ("│", ACCENT)
    for bar in bars:
        for at in _range(stretch, bar.start, bar.end, least=1):
            cells[at] = (bar.glyph, bar.style)
    _write(cells, max(1, here + 2), note[: max(0, stretch.cells - here - 3)], style)
    return _runs(cells)


def axis(stretch: Stretch, now: datetime) -> Line:
    """The ticks: times of day, or days where a tick is a day or more; and where the present is."""
    step_s = next((step for step in STEPS_S if step / stretch.cell_s >= TICK_CELLS), STEPS_S[-1])
    zone = now.tzinfo
    first = _first_tick(stretch.begin.astimezone(zone), step_s)
    cells = [(" ", FAINT)] * stretch.cells
    here = stretch.cell(now)
    _write(cells, here, "▼", ACCENT)
    at = first
    while at < stretch.end:
        text = f"╷{at:%a %d %b}" if step_s >= 86400 or (at.hour, at.minute) == (0, 0) else f"╷{at:%H:%M}"
        where = stretch.cell(at)
        if not where <= here < where + len(text):
            _write(cells, where, text, MUTED)
        at += timedelta(seconds=step_s)
    return _runs(cells)


def _first_tick(begin: datetime, step_s: int) -> datetime:
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    if step_s >= 86400:
        return midnight + timedelta(days=1)
    steps = (begin - midnight).total_seconds() // step_s + 1
    return midnight + timedelta(seconds=steps * step_s)


def _write(cells: list[tuple[str, Style]], at: int, text: str, style: Style) -> None:
    if at < 0 or at + len(text) > len(cells):
        return
    for i, char in enumerate(text):
        cells[at + i] = (char, style)


def _range(stretch: Stretch, start: datetime, end: datetime, least: int = 0) -> range:
    first, last = stretch.cell(start), stretch.cell(end)
    return range(max(0, first), min(stretch.cells, max(last, first + least)))


def _runs(cells: Sequence[tuple[str, Style]]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    text, style = "", FAINT
    for char, its in cells:
        if its is not style and text:
            found.append(span(text, style))
            text = ""
        text, style = text + char, its
    return (*found, span(text, style)) if text else tuple(found)
