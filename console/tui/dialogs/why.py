"""Why something does not move: the engine's answer, fetched while the sheet is already open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from console.tui.dialogs.sheet import Sheet
from console.tui.feed import Engine
from console.tui.render.line import Line, line, span
from console.tui.render.palette import BAD, MUTED
from console.tui.render.why import why_lines
from engine.api.protocol import WhyView
from engine.errors import InterlockError


class WhySheet(Sheet):
    """The answer for one subject: a change or an instance."""

    def __init__(self, subject: str, engine: Engine, clock: Callable[[], datetime]) -> None:
        super().__init__(f"why {subject}", self._lines)
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
        return why_lines(self._answer, self._clock(), width)
