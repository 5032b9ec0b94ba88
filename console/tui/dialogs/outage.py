"""The guard before an outage: what stops and who misses it, and the name of a service that stops has to
be typed. A key alone takes nobody's service down."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.tui.render.line import EMPTY, Line, line, span
from console.tui.render.palette import BAD, FAINT, MUTED, STRONG, WARN
from console.tui.widgets.lines import LineView
from engine.api.protocol import OutageView


class OutageDialog(ModalScreen[bool]):
    """Ends with True only when the name was typed."""

    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", priority=True, id="outage.leave")]

    def __init__(self, outages: list[OutageView]) -> None:
        super().__init__()
        self.outages = outages
        self.wanted = outages[0]["stops"][0]
        self._wrong = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box confirm"):
            yield LineView(id="question")
            yield Input(placeholder=self.wanted, id="name", compact=True)

    def on_mount(self) -> None:
        self._draw()

    def _draw(self) -> None:
        view = self.query_one("#question", LineView)
        lines = self._lines()
        view.styles.height = len(lines)
        view.show(lines)

    def _lines(self) -> list[Line]:
        found: list[Line] = [line(span("an outage", STRONG))]
        for outage in self.outages:
            if outage["dependents"]:
                found.append(line(span(" misses it  ", FAINT), span(", ".join(outage["dependents"]), WARN)))
            found.append(line(span(" stops      ", FAINT), span(", ".join(outage["stops"]), BAD)))
            others = [name for name in outage["services"] if name not in outage["stops"]]
            found.append(line(span(" moves then ", FAINT), span(", ".join(others) or "nothing else", MUTED)))
        said = f"that is not {self.wanted}" if self._wrong else f"type {self.wanted} to queue it, esc leaves"
        return [*found, EMPTY, line(span(said, BAD if self._wrong else MUTED))]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Yes, if it is the name."""
        if event.value.strip() == self.wanted:
            self.dismiss(True)
            return
        self._wrong = True
        self._draw()

    def action_leave(self) -> None:
        """Nothing is queued."""
        self.dismiss(False)
