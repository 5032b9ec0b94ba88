"""Screen 3: the changes in order."""

from __future__ import annotations

from textual.widget import Widget

from console.tui.action import QUEUE, Aim
from console.tui.render.queue import change_pane, queue_table
from console.tui.render.table import Table
from console.tui.screens.base import bindings
from console.tui.screens.listing import ListScreen
from console.tui.widgets.lines import LineView
from console.tui.widgets.table import TableView


class QueueScreen(ListScreen):
    """The cursor is on a change; rollout shows the same one."""

    NAME = QUEUE
    BINDINGS = bindings(QUEUE)

    def body(self) -> list[Widget]:
        return [TableView(id="table"), LineView(id="pane")]

    def draw(self) -> None:
        super().draw()
        pane = self.query_one("#pane", LineView)
        change = self.picture.change(self.view.cursor)
        pane.show(change_pane(change, self.console.engine_now(), pane.size.width, pane.size.height))

    def table(self, width: int) -> Table:
        return queue_table(self.picture, self.session.environment, self.query_text, self.console.engine_now(), width)

    def wanted(self) -> str:
        return self.session.change

    def moved(self, key: str) -> None:
        self.session.change = key

    def aim(self) -> Aim:
        return self.console.aim_at_change(self.session.change)

    def do_enter(self) -> None:
        """Into the change's rollout."""
        self.console.go("rollout")
