"""The command line: a colon at the bottom of the screen, with completion above it and what was typed before
at the arrow keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.tui.commands import Offer
from console.tui.render.line import Line, fit, line, restyle, span
from console.tui.render.palette import ACCENT, CURSOR, FAINT, TEXT
from console.tui.widgets.lines import LineView


class CommandLine(ModalScreen[str | None]):
    """Ends with the line, or None. ``offer`` completes a text; ``before`` are former lines."""

    AUTO_FOCUS = "#command"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", priority=True, id="command.leave"),
        Binding("tab", "complete", "complete", priority=True, id="command.complete"),
        Binding("up,ctrl+p", "former(-1)", "former line", priority=True, id="command.former"),
        Binding("down,ctrl+n", "former(1)", "later line", priority=True, id="command.later"),
    ]

    def __init__(self, offer: Callable[[str], list[Offer]], before: Sequence[str]) -> None:
        super().__init__()
        self._offer = offer
        self._before = [*before, ""]
        self._at = len(before)
        self.offers: list[Offer] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="command-box"):
            yield LineView(id="offers")
            yield Input(placeholder="a command; tab completes, ↑ brings back, esc leaves", id="command", compact=True)

    def on_mount(self) -> None:
        self.call_after_refresh(self.redraw)

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def redraw(self) -> None:
        """The completions."""
        text = self.query_one("#command", Input).value
        self.offers = self._offer(text)
        view = self.query_one("#offers", LineView)
        view.styles.height = max(1, len(self.offers))
        view.show([self._row(i, view.size.width) for i in range(len(self.offers))])

    def _row(self, index: int, width: int) -> Line:
        its = self.offers[index]
        row = line(span(" : ", ACCENT), fit(its.word, 22, TEXT), span(" "), fit(its.note, max(1, width - 26), FAINT))
        return restyle(row, CURSOR) if index == 0 else row

    def on_input_changed(self) -> None:
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click takes a completion."""
        if event.widget is self.query_one("#offers", LineView) and event.y < len(self.offers):
            self._put(self.offers[event.y].text)

    def action_complete(self) -> None:
        """Takes the first completion."""
        if self.offers:
            self._put(self.offers[0].text)

    def action_former(self, delta: int) -> None:
        """A line that was typed before."""
        self._at = max(0, min(self._at + delta, len(self._before) - 1))
        self._put(self._before[self._at])

    def _put(self, text: str) -> None:
        box = self.query_one("#command", Input)
        box.value = text
        box.cursor_position = len(text)

    def action_leave(self) -> None:
        """Nothing is done."""
        self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Does it; a name that is not complete yet is taken for the first completion."""
        text = event.value
        if self.offers and " " not in text and not any(offer.word == text for offer in self.offers):
            whole = self.offers[0].text
            if whole.endswith(" "):
                self._put(whole)
                return
            text = whole
        self.dismiss(text)
