"""A screen that is one table: the cursor's moves are the same in all of them."""

from __future__ import annotations

from textual import on
from textual.widget import Widget

from console.tui.render.table import Table
from console.tui.screens.base import BoardScreen
from console.tui.widgets.table import TableView


class ListScreen(BoardScreen):
    """Subclasses make the table and remember the cursor."""

    def body(self) -> list[Widget]:
        return [TableView(id="table")]

    def table(self, width: int) -> Table:
        """The rows to show."""
        raise NotImplementedError  # abstract: each screen has its own; Textual's metaclass rules out ABC

    def wanted(self) -> str:
        """The key the cursor should be on, "" to leave it."""
        return ""

    def moved(self, key: str) -> None:
        """The cursor is on another row."""
        raise NotImplementedError  # abstract: each screen has its own; Textual's metaclass rules out ABC

    @property
    def view(self) -> TableView:
        """The table's widget."""
        return self.query_one("#table", TableView)

    def draw(self) -> None:
        self.view.put(self.table(self.view.size.width), self.wanted())
        if self.view.cursor:
            self.moved(self.view.cursor)

    @on(TableView.Moved)
    def _on_moved(self, event: TableView.Moved) -> None:
        self.moved(event.key)
        self.redraw()

    @on(TableView.Opened)
    async def _on_opened(self) -> None:
        await self.action_do("enter")

    def _move(self, delta: int) -> None:
        self.view.move(delta)
        if self.view.cursor:
            self.moved(self.view.cursor)

    def do_up(self) -> None:
        """One up."""
        self._move(-1)

    def do_down(self) -> None:
        """One down."""
        self._move(1)

    def do_page_up(self) -> None:
        """One screenful up."""
        self._move(-self.view.page())

    def do_page_down(self) -> None:
        """One screenful down."""
        self._move(self.view.page())

    def do_top(self) -> None:
        """To the first row."""
        self._move(-len(self.view.table.rows))

    def do_bottom(self) -> None:
        """To the last row."""
        self._move(len(self.view.table.rows))
