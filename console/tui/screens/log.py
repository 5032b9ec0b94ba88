"""The log of a change or a service: what the journal tells, and what its placements wrote last."""

from __future__ import annotations

from textual.widget import Widget

from console.tui.action import LOG, Aim
from console.tui.render.line import line, span
from console.tui.render.log import log_lines
from console.tui.render.palette import FAINT, MUTED, STRONG
from console.tui.screens.base import BoardScreen, bindings
from console.tui.widgets.lines import LineView
from console.tui.widgets.scroll import ScrollLines


class LogScreen(BoardScreen):
    """Follows its end until it is scrolled. Esc goes back."""

    NAME = LOG
    BINDINGS = bindings(LOG)

    def __init__(self, change: str, service: str) -> None:
        super().__init__()
        self.change = change
        self.service = service

    def body(self) -> list[Widget]:
        return [LineView(id="title"), ScrollLines(id="body", follow=True)]

    def draw(self) -> None:
        what = f"change {self.change}" if self.change else self.service or "everything"
        self.query_one("#title", LineView).show(
            [line(span(" log of ", FAINT), span(what, STRONG), span("  newest last", FAINT))]
        )
        change = self.picture.change(self.change) if self.change else None
        lines = log_lines(self.picture, change, "" if self.change else self.service, self.size.width)
        self.query_one("#body", ScrollLines).put(lines or [line(span(" nothing yet since this console opened", MUTED))])

    def aim(self) -> Aim:
        return self.console.aim_at_change(self.change) if self.change else self.console.aim(self.service)

    def _move(self, delta: int) -> None:
        self.query_one("#body", ScrollLines).move(delta)

    def do_up(self) -> None:
        """Scrolls."""
        self._move(-1)

    def do_down(self) -> None:
        """Scrolls."""
        self._move(1)

    def do_page_up(self) -> None:
        """Scrolls."""
        self._move(-self.query_one("#body", ScrollLines).page())

    def do_page_down(self) -> None:
        """Scrolls."""
        self._move(self.query_one("#body", ScrollLines).page())

    def do_top(self) -> None:
        """To the oldest line."""
        self._move(-1_000_000)

    def do_bottom(self) -> None:
        """To the newest line."""
        self._move(1_000_000)

    def do_log(self) -> None:
        """It is the log."""

    def do_enter(self) -> None:
        """There is nothing further in."""
