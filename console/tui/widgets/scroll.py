"""Lines that may be more than fit: scrolled by keys or wheel; a log follows its end until it is scrolled
away from it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message

from console.tui.render.line import Line, line, span, spread
from console.tui.render.palette import FAINT
from console.tui.widgets.lines import LineView


class ScrollLines(LineView):
    """``follow``: stay at the end while lines come."""

    class Clicked(Message):
        """One of the lines was clicked: its number among all, and whether twice."""

        def __init__(self, view: ScrollLines, number: int, *, twice: bool) -> None:
            super().__init__()
            self.view = view
            self.number = number
            self.twice = twice

        @property
        def control(self) -> ScrollLines:
            """Whose line it is."""
            return self.view

    def __init__(self, *, id: str | None = None, classes: str | None = None, follow: bool = False) -> None:
        super().__init__(id=id, classes=classes)
        self.all: list[Line] = []
        self._first = 0
        self._follow = follow
        self._at_end = follow

    def put(self, lines: Sequence[Line]) -> None:
        """Replaces the lines, keeping the place."""
        self.all = list(lines)
        self.move(0)

    def move(self, delta: int) -> None:
        """Scrolls by rows."""
        height = max(1, self.size.height)
        most = max(0, len(self.all) - height)
        if delta:
            self._at_end = self._follow and self._first + delta >= most
        self._first = most if self._at_end else max(0, min(self._first + delta, most))
        shown = self.all[self._first : self._first + height]
        if self._first < most and shown:
            below = len(self.all) - self._first - height
            shown[-1] = spread(shown[-1], line(span(f" ↓ {below} more ", FAINT)), self.size.width)
        self.show(shown)

    def on_resize(self) -> None:
        """Another number of rows is in sight."""
        self.move(0)

    def page(self) -> int:
        """How many rows are in sight."""
        return max(1, self.size.height - 1)

    def on_click(self, event: events.Click) -> None:
        """Tells the screen which line it was."""
        at = self._first + event.y
        if at < len(self.all):
            self.post_message(self.Clicked(self, at, twice=event.chain == 2))

    def on_mouse_scroll_down(self) -> None:
        """Three rows."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Three rows."""
        self.move(-3)
