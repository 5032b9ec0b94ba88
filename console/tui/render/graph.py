"""The map as lines: cards on a grid, streets between them, avenues between columns, and the wires of the
selected service at full strength (what it needs in one colour, what needs it in another).

Only the window asked for is drawn, so a thousand services cost what fits on the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from console.tui.render.card import Place, card
from console.tui.render.layout import Layout
from console.tui.render.line import EMPTY, Line, length, pad
from console.tui.render.palette import NET_IN, NET_OUT, RULE
from console.tui.render.wires import Wires
from engine.api.protocol import StatusRow

PITCH, WIDE_PITCH = 3, 4  # a card's two rows and the street below it
CARD_LEAST, CARD_MOST = 14, 24
AVENUE, AVENUE_MOST = 5, 12
FAR = 100  # where the columns outside the window are taken to be: wires to them run off its edge


@dataclass(frozen=True, slots=True)
class Grid:
    """The window, in cells: ``lefts`` and ``cards`` are where the columns from ``first`` on begin
    and how wide their cards are; ``avenue`` lies between two columns; ``top`` is the first row of
    cells in sight, ``pitch`` is from one card to the next below."""

    first: int
    lefts: tuple[int, ...]
    cards: tuple[int, ...]
    avenue: int
    top: int
    width: int
    height: int
    pitch: int = PITCH

    def shows(self, column: int) -> bool:
        """Whether a column is in the window."""
        return self.first <= column < self.first + len(self.lefts)

    def x(self, column: int) -> int:
        """The first cell of a column; out of sight for one outside the window."""
        if column < self.first:
            return -FAR
        return self.lefts[column - self.first] if self.shows(column) else self.width + FAR

    def right(self, column: int) -> int:
        """The first cell of the avenue after a column."""
        return self.x(column) + (self.cards[column - self.first] if self.shows(column) else 0)

    def before(self, column: int) -> int:
        """The first cell of the avenue before a column."""
        return self.x(column) - self.avenue

    def wire_x(self, column: int, name: str) -> int:
        """Where a wire leaves a card: right after its name."""
        return min(self.right(column), self.x(column) + len(name) + 4)

    def y(self, row: int) -> int:
        """The first row of cells of a card."""
        return row * self.pitch - self.top


def service_at(layout: Layout, grid: Grid, x: int, y: int) -> str:
    """The service whose card is drawn at a cell, "" if none is."""
    for name, (column, row) in layout.slot.items():
        if grid.shows(column) and grid.x(column) <= x < grid.right(column) and grid.y(row) <= y < grid.y(row) + 2:
            return name
    return ""


def needed_height(layout: Layout, room: int) -> int:
    """How many rows of cells the whole board takes, at most ``room``."""
    pitch = WIDE_PITCH if layout.rows * WIDE_PITCH <= room else PITCH
    return min(room, layout.rows * pitch)


def frame(layout: Layout, selected: str, width: int, height: int) -> Grid:
    """The window: all columns if they fit, else as many as do around the selected service; as many
    rows as fit, likewise. What is left over widens cards first, then avenues."""
    column, row = layout.slot.get(selected, (0, 0))
    natural = [min(CARD_MOST, max(CARD_LEAST, max(map(len, names)) + 4)) for names in layout.columns] or [CARD_LEAST]
    first, last = _window(natural, column, width - 1)
    cards = natural[first:last]
    count = len(cards)
    spare = width - 1 - sum(cards) - AVENUE * (count - 1)
    while spare >= count and min(cards) < CARD_MOST:
        cards = [min(CARD_MOST, card + 1) for card in cards]
        spare = width - 1 - sum(cards) - AVENUE * (count - 1)
    avenue = min(AVENUE_MOST, AVENUE + max(0, spare) // (count - 1)) if count > 1 else AVENUE
    lefts = tuple(1 + sum(cards[:i]) + avenue * i for i in range(count))
    pitch = WIDE_PITCH if layout.rows * WIDE_PITCH <= height else PITCH
    rows = max(1, (height + 1) // pitch)
    top_row = min(max(0, row - rows // 2), max(0, layout.rows - rows))
    return Grid(first, lefts, tuple(cards), avenue, top_row * pitch, width, height, pitch)


def _window(widths: Sequence[int], column: int, room: int) -> tuple[int, int]:
    """From which column to which (excluded) fits, the one given in the middle if it can be."""
    first, last = column, column + 1
    used = widths[column]
    while True:
        sides = [side for side in (last, first - 1) if 0 <= side < len(widths)]
        sides.sort(key=lambda side: abs(side - column))
        fitting = [side for side in sides if used + AVENUE + widths[side] <= room]
        if not fitting:
            return first, last
        used += AVENUE + widths[fitting[0]]
        first, last = min(first, fitting[0]), max(last, fitting[0] + 1)


def draw(
    layout: Layout,
    row_of: Callable[[str], StatusRow | None],
    selected: str,
    grid: Grid,
    *,
    edges: bool = True,
    shown: Callable[[str], bool] = lambda name: True,
) -> list[Line]:
    """The map's lines within the window, ``grid.height`` of them."""
    places = _places(layout, selected, shown)
    wires = _wires(layout, selected, grid, edges)
    cards: dict[int, dict[int, Line]] = {}
    for name, (column, row) in layout.slot.items():
        y = grid.y(row)
        if grid.shows(column) and -2 < y < grid.height:
            top, low = card(name, row_of(name), places[name], grid.cards[column - grid.first])
            cards.setdefault(y, {})[column] = top if name == selected else (*top[:-1], _tight(top[-1]))
            cards.setdefault(y + 1, {})[column] = low
    return [_row(grid, y, cards.get(y, {}), wires) for y in range(grid.height)]


def _row(grid: Grid, y: int, cards: Mapping[int, Line], wires: Wires) -> Line:
    parts: Line = EMPTY
    at = 0
    for column in sorted(cards):
        x = grid.x(column)
        parts = (*parts, *wires.run(y, at, x), *cards[column])
        at = x + length(cards[column])
    return pad((*parts, *wires.run(y, at, grid.width)), grid.width)


def _tight(part: Segment) -> Segment:
    """A name without the blanks after it but one: the wires begin there."""
    text = part.text.rstrip()
    return Segment(text + " " if len(text) < len(part.text) else text, part.style)


def _places(layout: Layout, selected: str, shown: Callable[[str], bool]) -> dict[str, Place]:
    above, below = layout.ancestors(selected), layout.descendants(selected)
    places: dict[str, Place] = {}
    for name in layout.slot:
        if name == selected:
            places[name] = Place.SELECTED
        elif not shown(name):
            places[name] = Place.FILTERED
        elif name in above:
            places[name] = Place.ANCESTOR
        elif name in below:
            places[name] = Place.DESCENDANT
        else:
            places[name] = Place.OTHER if selected in layout.slot else Place.PLAIN
    return places


def _wires(layout: Layout, selected: str, grid: Grid, edges: bool) -> Wires:
    wires = Wires(grid.width, grid.height)
    if edges and grid.avenue >= 5:
        onward: dict[str, list[str]] = {}
        for provider, consumer in layout.edges:
            if selected not in (provider, consumer) and _in_sight(layout, grid, provider, consumer):
                onward.setdefault(provider, []).append(consumer)
        for provider, consumers in onward.items():
            lane = 1 + layout.slot[provider][1] % (grid.avenue - 3)
            _net_out(wires, layout, grid, provider, consumers, lane, RULE)
    if selected in layout.slot:
        _net_in(wires, layout, grid, selected)
        _net_out(wires, layout, grid, selected, layout.needed_by[selected], 2, NET_OUT)
    return wires


def _in_sight(layout: Layout, grid: Grid, provider: str, consumer: str) -> bool:
    """Whether a wire between the two can pass through the window."""
    (left, above), (right, below) = layout.slot[provider], layout.slot[consumer]
    if right < grid.first or left >= grid.first + len(grid.lefts):
        return False
    high, low = sorted((grid.y(above), grid.y(below)))
    return high < grid.height and low + grid.pitch > 0


def _net_out(
    wires: Wires,
    layout: Layout,
    grid: Grid,
    provider: str,
    consumers: Sequence[str],
    lane: int,
    style: Style,
) -> None:
    """From one card to all that need it: along its avenue to the next column, and along the street
    below it to those further on."""
    column, row = layout.slot[provider]
    y, street = grid.y(row), grid.y(row) + 2
    lit = style is NET_OUT
    exit_x = grid.right(column) if lit else grid.wire_x(column, provider)
    trunk = grid.right(column) + lane
    for consumer in consumers:
        its_column, its_row = layout.slot[consumer]
        if its_column <= column:
            continue
        target = grid.y(its_row)
        entry = grid.x(its_column) - 1
        riser = grid.before(its_column) + lane
        wires.across(y, exit_x, trunk)
        wires.down(trunk, y, target if its_column == column + 1 else street)
        if its_column > column + 1:
            wires.across(street, trunk, riser)
            wires.down(riser, street, target)
        wires.across(target, riser, entry)
        wires.head(entry, target)
    wires.finish(style)


def _net_in(wires: Wires, layout: Layout, grid: Grid, selected: str) -> None:
    """From all that one card needs, to it: they gather in the street below it and its avenue."""
    column, row = layout.slot[selected]
    y, street = grid.y(row), grid.y(row) + 2
    entry = grid.x(column) - 1
    riser = grid.before(column) + 2
    for provider in layout.needs[selected]:
        its_column, its_row = layout.slot[provider]
        if its_column >= column:
            continue
        source = grid.y(its_row)
        exit_x = grid.wire_x(its_column, provider)
        trunk = grid.right(its_column) + 2
        wires.across(source, exit_x, trunk)
        wires.down(trunk, source, y if its_column == column - 1 else street)
        if its_column < column - 1:
            wires.across(street, trunk, riser)
            wires.down(riser, street, y)
        wires.across(y, riser, entry)
        wires.head(entry, y)
    wires.finish(NET_IN)
