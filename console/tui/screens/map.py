"""Screen 1: the live graph. On a wide terminal the board of cards, on a small one three lists; below it,
where there is room, everything about the selected service."""

from __future__ import annotations

from textual import events
from textual.widget import Widget

from console.tui.action import MAP, Aim
from console.tui.render import matrix, tree
from console.tui.render.detail import pane
from console.tui.render.focus import CENTRE, NEEDED_BY, NEEDS, focus, lists, place_at
from console.tui.render.graph import Grid, draw, frame, needed_height, service_at
from console.tui.render.line import crop, line, span, wrap
from console.tui.render.matrix import matrix_lines
from console.tui.render.palette import MUTED
from console.tui.render.stand_ins import TIER, is_stand_in
from console.tui.render.summary import summary
from console.tui.render.tree import tree_lines
from console.tui.screens.base import bindings
from console.tui.screens.chart import ChartScreen
from console.tui.widgets.lines import LineView

WIDE = 100
TALL = 30
CHROME = 5  # header, summary and footer, and the row that parts them from the board
PANE = 12  # the least that the pane below the board takes, with the row that parts them


class MapScreen(ChartScreen):
    """The cursor is on a service. In the lists it may stand on a neighbour: ``_list`` says in
    which, ``_place`` where; enter makes that one the centre."""

    NAME = MAP
    BINDINGS = bindings(MAP)

    def __init__(self) -> None:
        super().__init__()
        self._grid: Grid | None = None
        self._list, self._place = CENTRE, 0
        self._height, self._hit = 0, False

    def body(self) -> list[Widget]:
        return [LineView(id="summary"), LineView(id="map"), LineView(id="pane")]

    @property
    def small(self) -> bool:
        """Whether the three lists are shown instead of the board."""
        return self.size.width < WIDE

    def draw(self) -> None:
        picture, session = self.picture, self.session
        now, layout = self.console.engine_now(), self.layout_now()
        if layout.slot and session.service not in layout.slot:
            session.service = self._opening(layout)
        if self.query_text and layout.slot and not self._shown(session.service):
            session.service = next((n for c in layout.columns for n in c if self._shown(n)), session.service)
        self.query_one("#summary", LineView).show(
            [summary(picture, session.environment, self.size.width, hidden=self.hidden)]
        )
        board, below = self.query_one("#map", LineView), self.query_one("#pane", LineView)
        below.display = not self.small and self.size.height >= TALL
        width, height = self.size.width, self.size.height - CHROME
        if below.display:
            height = needed_height(layout, height - PANE) if session.view == "board" else height - PANE
        board.styles.height = self._height = height
        if not layout.slot:
            said = "no services here" if picture.graph else self.console.newest.problem or "asking the engine"
            board.show([line(span(f" {row}", MUTED)) for row in wrap(said, width - 2)])
        elif session.view != "board":
            lines = matrix_lines if session.view == "matrix" else tree_lines
            self._grid = None
            rows = lines(layout, self.row_of, session.service, width, height)
            board.show([crop(row, width) for row in rows])
            self._below(below, height)
        elif self.small:
            cursor = (self._list, self._place)
            board.show(focus(picture, session.service, session.environment, cursor, now, width, height))
        else:
            self._grid = frame(layout, session.service, width, height)
            board.show(
                draw(
                    layout,
                    self.row_of,
                    session.service,
                    self._grid,
                    edges=session.edges,
                    shown=self._shown,
                )
            )
            self._below(below, height)

    def _below(self, below: LineView, height: int) -> None:
        if below.display:
            session, now, width = self.session, self.console.engine_now(), self.size.width
            rest = self.size.height - CHROME - height - 1
            below.show(pane(self.picture, session.service, session.environment, now, width, rest))

    def aim(self) -> Aim:
        name = self.under_cursor()
        return self.console.aim("" if is_stand_in(name) else name)

    def under_cursor(self) -> str:
        """The service the keys are about."""
        if self._in_lists:
            names = lists(self.picture, self.session.service)[0 if self._list == NEEDS else 1]
            if names:
                return names[min(self._place, len(names) - 1)]
        return self.session.service

    def do_enter(self) -> None:
        """Makes a neighbour the centre, or drills into the service."""
        if self._in_lists:
            self.session.service = self.under_cursor()
            self._list, self._place = CENTRE, 0
        elif self.session.service.startswith(TIER):
            self.do_fold()
        elif not is_stand_in(self.session.service):
            self.console.open_service(self.session.service)

    def do_back(self) -> None:
        """To the centre first, then to the board."""
        if self._in_lists:
            self._list, self._place = CENTRE, 0
        elif self.session.view != "board" and not self.query("#filter") and self.session.past is None:
            self.session.view = "board"
        else:
            super().do_back()

    def do_left(self) -> None:
        """Towards what it needs."""
        self._sideways(-1)

    def do_right(self) -> None:
        """Towards what needs it."""
        self._sideways(1)

    def do_up(self) -> None:
        """The card above."""
        self._along(-1)

    def do_down(self) -> None:
        """The card below."""
        self._along(1)

    def do_page_up(self) -> None:
        """Five cards up."""
        self._along(-5)

    def do_page_down(self) -> None:
        """Five cards down."""
        self._along(5)

    def do_top(self) -> None:
        """The first card of the column."""
        self._along(-10_000)

    def do_bottom(self) -> None:
        """The last card of the column."""
        self._along(10_000)

    def do_edges(self) -> None:
        """Faint edges on or off."""
        self.session.edges = not self.session.edges

    def do_matrix(self) -> None:
        """The matrix, or back."""
        self.session.view = "board" if self.session.view == "matrix" else "matrix"

    def do_tree(self) -> None:
        """The tree, or back."""
        self.session.view = "board" if self.session.view == "tree" else "tree"

    def do_whole(self) -> None:
        """All services of a large map, or what is not as it should be."""
        self.session.whole = not self.session.whole

    def do_fold(self) -> None:
        """The tier of what the cursor is on into one card, or out of it."""
        self.fold_tier()

    def do_fold_all(self) -> None:
        """Every tier into a card, or all out."""
        self.fold_tiers()

    @property
    def _in_lists(self) -> bool:
        return self.small and self._list != CENTRE and self.session.view == "board"

    def _sideways(self, step: int) -> None:
        layout, service = self.layout_now(), self.session.service
        if service not in layout.slot or self.session.view != "board":
            return
        if self.small:
            self._into_list(step)
            return
        column, row = layout.slot[service]
        joined = set(layout.needs[service] if step < 0 else layout.needed_by[service])
        at = column + step
        while 0 <= at < len(layout.columns):
            names = [name for name in layout.columns[at] if self._shown(name)]
            if names:
                near = min(names, key=lambda n: (n not in joined, abs(layout.slot[n][1] - row), n))
                self.session.service = near
                return
            at += step

    def _into_list(self, step: int) -> None:
        wanted = max(NEEDS, min(NEEDED_BY, self._list + step))
        names = lists(self.picture, self.session.service)
        if wanted == CENTRE or names[0 if wanted == NEEDS else 1]:
            self._list, self._place = wanted, 0

    def _along(self, delta: int) -> None:
        layout, service = self.layout_now(), self.session.service
        if service not in layout.slot:
            return
        if self._in_lists:
            names = lists(self.picture, service)[0 if self._list == NEEDS else 1]
            self._place = max(0, min(self._place + delta, len(names) - 1))
            return
        column = [name for name in layout.column_of(service) if self._shown(name) or name == service]
        if self.session.view != "board":
            every = matrix.order(layout) if self.session.view == "matrix" else tree.order(layout)
            column = [name for name in every if self._shown(name) or name == service]
        elif self.small:
            column = [name for names in layout.columns for name in names if self._shown(name) or name == service]
        at = max(0, min(column.index(service) + delta, len(column) - 1))
        self.session.service = column[at]

    def on_click(self, event: events.Click) -> None:
        """A click selects; the second of a double one drills into that, even if the view has moved."""
        if event.widget is not self.query_one("#map", LineView) or not self.layout_now().slot:
            return
        if event.chain == 2:
            if self._hit:
                self.do_enter()
        else:
            name, self._list, self._place = self._pointed_at(event.x, event.y)
            self._hit = bool(name) or self.small
            self.session.service = name or self.session.service
        self.redraw()

    def _pointed_at(self, x: int, y: int) -> tuple[str, int, int]:
        """The service drawn at a cell of the board, and where the cursor of the lists is then."""
        layout, service, height = self.layout_now(), self.session.service, self._height
        if self.session.view != "board":
            at = matrix.service_at if self.session.view == "matrix" else tree.service_at
            return at(layout, service, height, y), CENTRE, 0
        if self._grid is not None and not self.small:
            return service_at(layout, self._grid, x, y), CENTRE, 0
        names, cursor = lists(self.picture, service), (self._list, self._place)
        return "", *place_at(names, cursor, self.size.width, height, x, y)

    def on_mouse_scroll_down(self) -> None:
        """The wheel goes along."""
        self._along(1)
        self.redraw()

    def on_mouse_scroll_up(self) -> None:
        """The wheel goes along."""
        self._along(-1)
        self.redraw()
