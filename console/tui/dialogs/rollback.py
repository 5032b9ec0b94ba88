"""The question before a rollback, with the choice (made already) to mark the version that is left as
bad. It also asks the engine what the way back would meet: where others
refuse the older version, the whole chain is shown, and one key takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType

from console.tui.dialogs.confirm import DEAF_S, ConfirmDialog
from console.tui.render.blast import chain_lines, goal_lines, mark_line
from console.tui.render.line import Line, line
from console.tui.widgets.lines import LineView
from engine.api.protocol import PlanView
from engine.errors import InterlockError

CHAIN_KEY = "c"
MARK_KEY = "b"


class RollbackDialog(ConfirmDialog):
    """Ends like any confirmation; ``takes_chain`` says whether it is to be the whole chain,
    ``marks_bad`` whether the version that is left must not be deployed again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(CHAIN_KEY, "chain", "whole chain", id="rollback.chain"),
        Binding(MARK_KEY, "mark", "mark as bad", id="rollback.mark"),
    ]

    def __init__(self, question: str, lines: Sequence[Line], foresee: Callable[[], PlanView]) -> None:
        super().__init__(question, lines, "Roll back")
        self._foresee = foresee
        self._offered = False
        self.takes_chain = False
        self.marks_bad = True
        self.blast.append(mark_line(self.marks_bad))

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._look(), group="foresee")

    async def _look(self) -> None:
        try:
            plan = await asyncio.to_thread(self._foresee)
        except InterlockError:
            return  # the question stands without it; the engine judges the request anyway
        self._offered = bool(plan["chain"])
        self.blast[-1:-1] = [*goal_lines(plan), *([*chain_lines(plan), line()] if self._offered else [])]
        self._draw()

    def _draw(self) -> None:
        blast = self.query_one("#blast", LineView)
        blast.styles.height = len(self.blast)
        blast.show(self.blast)

    def action_mark(self) -> None:
        """The other choice."""
        self.marks_bad = not self.marks_bad
        self.blast[-1] = mark_line(self.marks_bad)
        self._draw()

    def action_chain(self) -> None:
        """Yes, and with everything that has to go back too."""
        if self._offered and monotonic() - self._opened >= DEAF_S:
            self.takes_chain = True
            self.dismiss(True)
