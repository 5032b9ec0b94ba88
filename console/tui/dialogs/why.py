"""Why something does not move: the engine's answer, fetched while the sheet is already open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType

from console.tui.dialogs.sheet import Sheet
from console.tui.doing import Doing, understood
from console.tui.feed import Engine
from console.tui.render.line import Line, line, span
from console.tui.render.palette import BAD, MUTED, STRONG
from console.tui.render.why import why_lines
from engine.api.protocol import WhyView
from engine.errors import InterlockError


class WhySheet(Sheet):
    """The answer for one subject: a change or an instance. Ends with what is to be done, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "act", "do it", priority=True, id="why.act")]

    def __init__(self, subject: str, engine: Engine, clock: Callable[[], datetime], *, may_act: bool) -> None:
        super().__init__(f"why {subject}", self._lines)
        self._may_act = may_act
        self.subject = subject
        self._engine = engine
        self._clock = clock
        self._answer: WhyView | None = None
        self._problem = ""

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._ask())

    async def _ask(self) -> None:
        try:
            self._answer = await asyncio.to_thread(self._engine.why, self.subject)
        except InterlockError as error:
            self._problem = str(error)
        self.redraw()

    def _lines(self, width: int) -> Sequence[Line]:
        if self._problem:
            return [line(span(f" {self._problem}", BAD))]
        if self._answer is None:
            return [line(span(" asking the engine", MUTED))]
        found = why_lines(self._answer, self._clock(), width)
        if self.wanted is not None:
            found.append(line(span("   enter", STRONG), span(" does it here, and asks first", MUTED)))
        return found

    @property
    def wanted(self) -> Doing | None:
        """What the one action means to this console."""
        return understood(self._answer["action"]) if self._answer is not None and self._may_act else None

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)

    def action_act(self) -> None:
        """Does the one action that would move it most; without one, closes."""
        self.dismiss(self.wanted)
