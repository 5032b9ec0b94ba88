"""Before a host is taken aside, or a service restarted or removed: what it touches, asked of the engine, and
why it is done. What cannot be taken back wants its name typed out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from console.tui.dialogs.form import Field, FormDialog
from console.tui.render.line import Line, line, span
from console.tui.render.palette import BAD, MUTED
from console.tui.render.touch import touch_lines
from engine.api.protocol import TouchView
from engine.errors import InterlockError

WHY = "say why: it stands in the audit"


class TouchDialog(FormDialog):
    """``typed``: the name that has to be typed out, "" if none has; ``says_why``: whether a reason
    has to be given."""

    def __init__(
        self, title: str, verb: str, foresee: Callable[[], TouchView], *, typed: str = "", says_why: bool = True
    ) -> None:
        fields = [Field("reason", "reason", "why", WHY if says_why else "")]
        if typed:
            missing = f"type {typed} to show that you mean it"
            fields.append(
                Field(
                    "name", "type it out", typed, missing, lambda text: "" if text == typed else f"that is not {typed}"
                )
            )
        super().__init__(title, verb, fields=fields)
        self._foresee = foresee
        self._seen: TouchView | None = None
        self._trouble = ""

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._look(), group="foresee")

    async def _look(self) -> None:
        try:
            self._seen = await asyncio.to_thread(self._foresee)
        except InterlockError as error:
            self._trouble = str(error)
        self.redraw()

    def preview(self, width: int) -> Sequence[Line]:
        if self._trouble:
            return [line(span(f"✗ {self._trouble}", BAD))]
        if self._seen is None:
            return [line(span("asking what it would touch", MUTED))]
        return touch_lines(self._seen, width)
