"""The deploy dialog: one line, ``service=version service=version``, with completion; below it what would
happen, asked of the engine anew as it is typed. Enter completes what is incomplete, else queues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input

from console.tui.completion import Suggestion, parse, suggest
from console.tui.dialogs.outage import OutageDialog
from console.tui.feed import Engine
from console.tui.picture import Picture
from console.tui.render.line import Line, fit, line, restyle, span, spread
from console.tui.render.palette import ACCENT, BAD, CURSOR, FAINT, MUTED, STRONG, TEXT
from console.tui.render.preview import preview_lines
from console.tui.widgets.lines import LineView
from engine.api.protocol import Accepted, DeployRequest, PlanView
from engine.errors import InterlockError

DEBOUNCE_S = 0.12


class DeployDialog(ModalScreen[Accepted | None]):
    """Ends with what the engine accepted, or None."""

    AUTO_FOCUS = "#line"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", priority=True, id="deploy.leave"),
        Binding("tab", "complete", "complete", priority=True, id="deploy.complete"),
        Binding("ctrl+b", "bridge", "take the bridge", priority=True, id="deploy.bridge"),
        Binding("ctrl+o", "outage", "allow the outage", priority=True, id="deploy.outage"),
        Binding("up", "choose(-1)", "previous", priority=True, id="deploy.previous"),
        Binding("down", "choose(1)", "next", priority=True, id="deploy.next"),
    ]

    def __init__(
        self,
        engine: Engine,
        picture: Callable[[], Picture],
        environment: str,
        service: str,
        now: Callable[[], datetime],
        text: str,
    ) -> None:
        super().__init__()
        self._engine = engine
        self._picture = picture
        self._now = now
        self.environment = environment
        self.service = service
        self.text = text
        self.suggestions: list[Suggestion] = []
        self.chosen = 0
        self._plan: PlanView | None = None
        self._problem = ""
        self._asked = ""
        self._sending = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box deploy"):
            yield LineView(id="deploy-title")
            yield Input(
                self.text, placeholder="service=version", id="line", compact=True,
                select_on_focus=False,
            )  # fmt: skip
            yield LineView(id="suggestions")
            yield LineView(id="preview")

    def on_mount(self) -> None:
        box = self.query_one("#line", Input)
        box.cursor_position = len(box.value)
        self.set_focus(box)
        self.call_after_refresh(self._typed)

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def on_input_changed(self) -> None:
        self._typed()

    def _typed(self) -> None:
        box = self.query_one("#line", Input)
        text = box.value
        offered = f"{self.service}="
        if text.startswith(offered) and "=" in text[len(offered) :].partition(" ")[0]:
            box.value = text[len(offered) :]  # the operator means another service than the one offered
            box.cursor_position = len(box.value)
            return
        self.suggestions = suggest(text, self._picture(), self.environment, self.service)
        if any(suggestion.text == text for suggestion in self.suggestions):
            self.suggestions = [s for s in self.suggestions if s.text == text]
        self.chosen = 0
        self._problem = ""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DEBOUNCE_S, self._preview)
        self.redraw()

    def _preview(self) -> None:
        wanted, _ = parse(self.query_one("#line", Input).value)
        self._asked = str(wanted)
        if wanted:
            self.run_worker(self._ask(wanted), exclusive=True, group="preview")
        else:
            self._plan = None
            self.redraw()

    async def _ask(self, wanted: dict[str, str]) -> None:
        """The order first, which is quick; then the same with times."""
        request: DeployRequest = {"environment": self.environment, "services": wanted}
        for times in (False, True):
            try:
                plan, problem = await asyncio.to_thread(self._engine.plan, request, times=times), ""
            except InterlockError as error:
                plan, problem = None, str(error)
            if self._asked != str(wanted):
                return
            if not (times and problem):
                self._plan, self._problem = plan, problem
                self.redraw()
            if problem:
                return

    def redraw(self) -> None:
        """Title, suggestions and preview; an answer may come when the dialog is gone."""
        if not self.query("#deploy-title"):
            return
        box = self.query_one("#line", Input)
        title = self.query_one("#deploy-title", LineView)
        hints = [("tab", "completes"), ("space", "adds another"), ("enter", "queues"), ("esc", "leaves")]
        if title.size.width < 90:
            hints = hints[2:]
        hint = line(*[part for key, word in hints for part in (span(key, MUTED), span(f" {word}  ", FAINT))])
        left = line(span("deploy to ", STRONG), span(self.environment, ACCENT))
        title.show([spread(left, hint, title.size.width)])
        listed = self.query_one("#suggestions", LineView)
        listed.styles.height = max(1, len(self.suggestions))
        listed.show([self._suggestion(i, listed.size.width) for i in range(len(self.suggestions))])
        preview = self.query_one("#preview", LineView)
        preview.show(self._preview_lines(box.value, preview.size.width))

    def _suggestion(self, index: int, width: int) -> Line:
        its = self.suggestions[index]
        row = line(fit(f" {its.word}", 24, STRONG if index == self.chosen else TEXT), span(its.note, FAINT))
        return restyle((*row, fit("", width - 24 - len(its.note))), CURSOR) if index == self.chosen else row

    def _preview_lines(self, text: str, width: int) -> list[Line]:
        if self._sending:
            return [line(span("sending", MUTED))]
        if self._problem:
            return [line(span("✗ ", BAD), span(self._problem, BAD))]
        _, incomplete = parse(text)
        found = preview_lines(self._plan, self._now(), width) if self._plan is not None else []
        return [*found, line(span(f" {incomplete}", FAINT))] if incomplete else found

    def action_choose(self, delta: int) -> None:
        """Another suggestion."""
        if self.suggestions:
            self.chosen = (self.chosen + delta) % len(self.suggestions)
            self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click takes a suggestion."""
        if event.widget is self.query_one("#suggestions", LineView) and event.y < len(self.suggestions):
            self.chosen = event.y
            self.action_complete()

    def action_complete(self) -> None:
        """Takes the chosen suggestion."""
        if self.suggestions:
            box = self.query_one("#line", Input)
            box.value = self.suggestions[self.chosen].text
            box.cursor_position = len(box.value)

    def action_leave(self) -> None:
        """Nothing is queued; what is being sent already cannot be called back, and ends this itself."""
        if not self._sending:
            self.dismiss(None)

    def action_bridge(self) -> None:
        """Queues the steps of the bridge that the preview shows."""
        wanted, incomplete = parse(self.query_one("#line", Input).value)
        is_shown = self._plan is not None and bool(self._plan["bridge"]) and self._asked == str(wanted)
        if is_shown and not incomplete and not self._sending:
            self._start(wanted, bridge=True)

    def action_outage(self) -> None:
        """Queues the lockstep that the preview shows as an outage, once the name is typed."""
        wanted, incomplete = parse(self.query_one("#line", Input).value)
        outages = self._plan.get("outage", []) if self._plan is not None and self._asked == str(wanted) else []
        if incomplete or self._sending or not outages or not all(each["windows"] for each in outages):
            return

        def decided(sure: bool | None) -> None:
            if sure:
                self._start(wanted, outage=True)

        self.app.push_screen(OutageDialog(outages), decided)

    def _start(self, wanted: dict[str, str], *, bridge: bool = False, outage: bool = False) -> None:
        self._sending = True
        self.redraw()
        self.run_worker(self._send(wanted, bridge, outage), group="send")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Completes what is incomplete, else queues."""
        if self.suggestions and self.suggestions[self.chosen].text != event.value:
            self.action_complete()
            return
        wanted, incomplete = parse(event.value)
        if incomplete:
            self._problem = incomplete
            self.redraw()
        elif not self._sending:
            self._start(wanted)

    async def _send(self, wanted: dict[str, str], bridge: bool, outage: bool) -> None:
        request: DeployRequest = {"environment": self.environment, "services": wanted}
        if bridge:
            request["accept_bridge"] = True
        if outage:
            request["allow_lockstep"] = True
        try:
            accepted = await asyncio.to_thread(self._engine.deploy, request)
        except InterlockError as error:
            self._problem, self._sending = str(error), False
            self.redraw()
        else:
            self.dismiss(accepted)
