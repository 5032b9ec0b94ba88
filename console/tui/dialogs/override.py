"""The override: which of the gates that hold a change is lifted, why, for how long; before it is given, what
it would let loose, asked of the engine. The change's id has to be typed out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from console.tui.blocked import NEVER
from console.tui.dialogs.form import Choice, Field, FormDialog, Values
from console.tui.lengths import seconds
from console.tui.render.blast import loose_lines
from console.tui.render.line import Line, fit, line, span
from console.tui.render.palette import BAD, MUTED, TEXT, WARN
from console.tui.render.times import until
from engine.api.protocol import ChangeView, LetLooseView, OverrideRequest, WaitView
from engine.errors import InterlockError

DEBOUNCE_S = 0.15
Foresee = Callable[[OverrideRequest], LetLooseView]


class OverrideDialog(FormDialog):
    """Ends with the values: ``choice`` is the reason to lift."""

    def __init__(self, change: ChangeView, foresee: Foresee, now: Callable[[], datetime]) -> None:
        number = change["id"]
        waits = {wait["reason"]: wait for wait in change["waits"] if wait["reason"] not in NEVER}
        never = sorted({wait["reason"] for wait in change["waits"]} & NEVER)
        fields = (
            Field("reason", "reason", "why the rule does not count this once", "say why: it stands in the audit"),
            Field("for", "for", "30m, 2h; empty: as long as the policy allows", problem=_length_problem),
            Field("name", "type it out", number, f"type {number} to show that you mean it",
                  lambda text: "" if text == number else f"that is not {number}"),
        )  # fmt: skip
        lines = [line(span(f" {', '.join(never)}: never anybody's to override", MUTED))] if never else []
        choices = [Choice(reason, _wait(wait, now())) for reason, wait in waits.items()]
        super().__init__(f"Override a gate for change {number}", "overrides", lines, fields, choices)
        self.change = number
        self._foresee = foresee
        self._now = now
        self._seen: LetLooseView | None = None
        self._trouble = ""

    def on_mount(self) -> None:
        super().on_mount()
        self.changed()

    def changed(self) -> None:
        request = asked(self.change, self.values)
        request["reason"] = request["reason"] or "not said yet"  # without one the engine would judge nothing
        self.run_worker(self._look(request), exclusive=True, group="foresee")

    async def _look(self, request: OverrideRequest) -> None:
        await asyncio.sleep(DEBOUNCE_S)
        try:
            self._seen, self._trouble = await asyncio.to_thread(self._foresee, request), ""
        except InterlockError as error:
            self._seen, self._trouble = None, str(error)
        self.redraw()

    def preview(self, width: int) -> Sequence[Line]:
        if self._trouble:
            return [line(span(f"✗ {self._trouble}", BAD))]
        if self._seen is None:
            return [line(span("asking what it would let loose", MUTED))]
        return loose_lines(self._seen, self._now(), width)


def asked(change: str, values: Values) -> OverrideRequest:
    """The request that the form's values make."""
    request: OverrideRequest = {"subject": change, "gate": values["choice"], "reason": values["reason"]}
    for_s = seconds(values["for"])
    return {**request, "for_s": for_s} if for_s is not None else request


def _wait(wait: WaitView, now: datetime) -> Line:
    return line(
        fit(wait["reason"], 18, WARN), span(f" {until(wait['until'], now)}", MUTED), span(f"  {wait['message']}", TEXT)
    )


def _length_problem(text: str) -> str:
    return "" if seconds(text) else f"{text} is no length of time: 30m, 2h, 1h30m"
