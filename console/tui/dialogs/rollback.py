"""The question before a rollback, with the choice (made already) to mark the version that is left as
bad. It also asks the engine what the way back would meet: where others refuse the older version, the whole
chain is shown, and one key takes it; where no order is safe, the outage that it takes, and its name to type."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType

from console.tui.dialogs.confirm import DEAF_S, ConfirmDialog
from console.tui.dialogs.outage import OutageDialog
from console.tui.render.blast import advice_lines, chain_lines, goal_lines, mark_line
from console.tui.render.line import Line, line
from console.tui.render.preview import outage_lines
from console.tui.widgets.lines import LineView
from engine.api.protocol import OutageView, PlanView
from engine.errors import InterlockError

CHAIN_KEY = "c"
MARK_KEY = "b"
WIDTH = 76  # of the lines: the box without its frame


class RollbackDialog(ConfirmDialog):
    """Ends like any confirmation; ``takes_chain`` says whether it is to be the whole chain,
    ``marks_bad`` whether the version that is left must not be deployed again, ``allows_lockstep``
    whether what no order can bring back is stopped for it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(CHAIN_KEY, "chain", "whole chain", id="rollback.chain"),
        Binding(MARK_KEY, "mark", "mark as bad", id="rollback.mark"),
        Binding("ctrl+o", "outage", "allow the outage", id="rollback.outage"),
    ]

    def __init__(self, question: str, lines: Sequence[Line], foresee: Callable[[], PlanView]) -> None:
        super().__init__(question, lines, "Roll back")
        self._foresee = foresee
        self._offered = False
        self._outages: list[OutageView] = []
        self.allows_lockstep = False
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
        self._outages = plan.get("outage", [])
        lockstep = [*outage_lines(plan, WIDTH), line()] if self._outages else []
        others = [*chain_lines(plan), line()] if self._offered else advice_lines(plan)
        self.blast[-1:-1] = [*goal_lines(plan), *others, *lockstep]
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

    def action_outage(self) -> None:
        """Yes, in lockstep, once the name of what stops is typed."""
        if not self._outages or not all(each["windows"] for each in self._outages):
            return

        def decided(sure: bool | None) -> None:
            if sure:
                self.allows_lockstep = True
                self.dismiss(True)

        self.app.push_screen(OutageDialog(self._outages), decided)
