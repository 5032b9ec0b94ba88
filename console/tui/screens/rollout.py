"""Screen 4: one change, its placements by failure domain, and its log."""

from __future__ import annotations

from textual import on
from textual.widget import Widget

from console.tui.action import ROLLOUT, Aim
from console.tui.render.line import line, span
from console.tui.render.log import log_lines
from console.tui.render.palette import FAINT, MUTED, RULE
from console.tui.render.rollout import grid, service_at
from console.tui.render.title import title
from console.tui.screens.base import BoardScreen, bindings
from console.tui.widgets.lines import LineView
from console.tui.widgets.scroll import ScrollLines


class RolloutScreen(BoardScreen):
    """Shows the change that the queue's cursor is on, or the one under way."""

    NAME = ROLLOUT
    BINDINGS = bindings(ROLLOUT)

    def body(self) -> list[Widget]:
        return [LineView(id="title"), ScrollLines(id="grid"), LineView(id="rule"), ScrollLines(id="tail", follow=True)]

    def draw(self) -> None:
        change = self.console.current_change()
        now, width = self.console.engine_now(), self.size.width
        head, board = self.query_one("#title", LineView), self.query_one("#grid", ScrollLines)
        if change is None:
            head.show([line(span(" no change yet; d deploys", MUTED))])
            board.put([])
            self.query_one("#tail", ScrollLines).put([])
            return
        head.show(title(change, now, width))
        board.put(grid(self.picture, change, now, width - 1))
        self.query_one("#rule", LineView).show([line(span(" log ", FAINT), span("─" * (width - 6), RULE))])
        self.query_one("#tail", ScrollLines).put(log_lines(self.picture, change, "", width))

    def aim(self) -> Aim:
        change = self.console.current_change()
        return self.console.aim_at_change(change["id"] if change else "")

    def _step(self, delta: int) -> None:
        numbers = [change["id"] for change in self.picture.changes]
        change = self.console.current_change()
        if change is not None:
            at = numbers.index(change["id"]) + delta
            self.session.change = numbers[max(0, min(at, len(numbers) - 1))]

    def do_left(self) -> None:
        """The change before."""
        self._step(-1)

    def do_right(self) -> None:
        """The change after."""
        self._step(1)

    def do_up(self) -> None:
        """Scrolls the grid."""
        self.query_one("#grid", ScrollLines).move(-1)

    def do_down(self) -> None:
        """Scrolls the grid."""
        self.query_one("#grid", ScrollLines).move(1)

    def do_page_up(self) -> None:
        """Scrolls the log."""
        tail = self.query_one("#tail", ScrollLines)
        tail.move(-tail.page())

    def do_page_down(self) -> None:
        """Scrolls the log."""
        tail = self.query_one("#tail", ScrollLines)
        tail.move(tail.page())

    def do_top(self) -> None:
        """To the queue's first change."""
        if self.picture.changes:
            self.session.change = self.picture.changes[0]["id"]

    def do_bottom(self) -> None:
        """To the oldest finished change."""
        if self.picture.changes:
            self.session.change = self.picture.changes[-1]["id"]

    @on(ScrollLines.Clicked, "#grid")
    def _on_clicked(self, event: ScrollLines.Clicked) -> None:
        """A double click opens the service that the line is about."""
        change = self.console.current_change()
        if change is None or not event.twice:
            return
        now, width = self.console.engine_now(), self.size.width - 1
        service = service_at(self.picture, change, now, width, event.number)
        if service:
            self.session.environment = change["environment"]
            self.console.open_instance(service)

    def do_enter(self) -> None:
        """Into the service being moved."""
        change = self.console.current_change()
        items = change["items"] if change else []
        moving = [item for item in items if item["state"] in {"running", "reverting", "paused"}] or items
        if moving:
            self.console.open_instance(moving[0]["service"])
