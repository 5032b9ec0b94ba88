"""A sheet: a box over the screen with a title, lines that scroll, and a hint. Help and why are sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.tui.render.line import Line, line, span, spread
from console.tui.render.palette import FAINT, MUTED, STRONG
from console.tui.widgets.lines import LineView
from console.tui.widgets.scroll import ScrollLines


class Sheet(ModalScreen[Any]):
    """``make`` gives the lines for a width; it is called again when the terminal is resized."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark", "close", "close", id="sheet.close"),
        Binding("k,up", "scroll(-1)", "up", id="sheet.up"),
        Binding("j,down", "scroll(1)", "down", id="sheet.down"),
        Binding("pageup,ctrl+b", "scroll(-10)", "page up", id="sheet.page_up"),
        Binding("pagedown,ctrl+f,space", "scroll(10)", "page down", id="sheet.page_down"),
    ]

    def __init__(self, title: str, make: Callable[[int], Sequence[Line]]) -> None:
        super().__init__()
        self.heading = title
        self.make = make

    def compose(self) -> ComposeResult:
        with Vertical(classes="box sheet"):
            yield LineView(id="sheet-title")
            yield ScrollLines(id="sheet-body")

    def on_mount(self) -> None:
        self.call_after_refresh(self.redraw)

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def redraw(self) -> None:
        """Makes the lines again for the present width; the sheet may be gone already."""
        if not self.query("#sheet-body"):
            return
        body = self.query_one("#sheet-body", ScrollLines)
        head = self.query_one("#sheet-title", LineView)
        head.show(
            [
                spread(
                    line(span(f" {self.heading}", STRONG)),
                    line(span("esc", MUTED), span(" closes ", FAINT)),
                    head.size.width,
                )
            ]
        )
        lines = self.make(body.size.width)
        body.styles.height = max(1, min(len(lines), self.size.height - 8))
        body.put(lines)

    def action_scroll(self, delta: int) -> None:
        """Scrolls the lines."""
        self.query_one("#sheet-body", ScrollLines).move(delta)

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)
