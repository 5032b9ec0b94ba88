"""One service in one environment, all of it: what the pane below the map shows, with room."""

from __future__ import annotations

from textual.widget import Widget

from console.tui.action import INSTANCE, Aim
from console.tui.render.detail import facts, placements, relations
from console.tui.render.line import EMPTY
from console.tui.screens.base import BoardScreen, bindings
from console.tui.widgets.scroll import ScrollLines


class InstanceScreen(BoardScreen):
    """Esc goes back to where it was opened."""

    NAME = INSTANCE
    BINDINGS = bindings(INSTANCE)

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def body(self) -> list[Widget]:
        return [ScrollLines(id="body")]

    def draw(self) -> None:
        now, width = self.console.engine_now(), self.size.width
        where = self.session.environment
        lines = [
            *facts(self.picture, self.service, where, now, width),
            EMPTY,
            *placements(self.picture, self.service, where, width),
            EMPTY,
            *relations(self.picture, self.service, where, width),
        ]
        self.query_one("#body", ScrollLines).put(lines)

    def aim(self) -> Aim:
        return self.console.aim(self.service)

    def do_up(self) -> None:
        """Scrolls."""
        self.query_one("#body", ScrollLines).move(-1)

    def do_down(self) -> None:
        """Scrolls."""
        self.query_one("#body", ScrollLines).move(1)

    def do_page_up(self) -> None:
        """Scrolls."""
        body = self.query_one("#body", ScrollLines)
        body.move(-body.page())

    def do_page_down(self) -> None:
        """Scrolls."""
        body = self.query_one("#body", ScrollLines)
        body.move(body.page())

    def do_top(self) -> None:
        """To the first line."""
        body = self.query_one("#body", ScrollLines)
        body.move(-len(body.all))

    def do_bottom(self) -> None:
        """To the last line."""
        body = self.query_one("#body", ScrollLines)
        body.move(len(body.all))

    def do_enter(self) -> None:
        """Into the rollout it is in, if there is one."""
        self.console.open_service(self.service)
