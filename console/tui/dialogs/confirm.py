"""One question before something that cannot be taken back: it shows what is touched, the way out is
focused, and the key that goes ahead is not the one that opened it."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from console.tui.render.line import Line, line, span
from console.tui.render.palette import STRONG
from console.tui.widgets.lines import LineView

CONFIRM_KEY = "y"
DEAF_S = 0.3  # a key held down or typed ahead decides nothing


class ConfirmDialog(ModalScreen[bool]):
    """Ends with True only by the confirm key or its button."""

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "leave", "cancel", id="confirm.leave"),
        Binding(CONFIRM_KEY, "go_ahead", "go ahead", id="confirm.go_ahead"),
        Binding("left,right,h,l,tab", "other", "other button", id="confirm.other"),
    ]

    def __init__(self, question: str, lines: Sequence[Line], verb: str) -> None:
        super().__init__()
        self.question = question
        self.blast = list(lines)
        self.verb = verb
        self._opened = monotonic()

    def compose(self) -> ComposeResult:
        with Vertical(classes="box confirm"):
            yield LineView(id="question")
            yield LineView(id="blast")
            with Horizontal(id="choices"):
                yield Button("Back (esc)", id="cancel", compact=True)
                yield Button(f"{self.verb} (y)", id="go", variant="error", compact=True)

    def on_mount(self) -> None:
        self.query_one("#question", LineView).show([line(span(self.question, STRONG))])
        blast = self.query_one("#blast", LineView)
        blast.styles.height = len(self.blast)
        blast.show(self.blast)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Enter on the focused button, or a click."""
        if event.button.id == "go":
            self.action_go_ahead()
        else:
            self.dismiss(False)

    def action_leave(self) -> None:
        """Nothing happens."""
        self.dismiss(False)

    def action_go_ahead(self) -> None:
        """Yes, unless the dialog has hardly been seen."""
        if monotonic() - self._opened >= DEAF_S:
            self.dismiss(True)

    def action_other(self) -> None:
        """Moves the focus."""
        self.focus_next()
