"""A form before something weighty: what it touches, a choice where there is one, and lines to fill in (a
reason, a length of time, a name typed out). Enter goes ahead only once everything asked for is there, and
an enter that is held down since before the form opened decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.tui.render.line import EMPTY, Line, fit, line, restyle, span, spread
from console.tui.render.palette import BAD, CURSOR, FAINT, MUTED, STRONG, WARN
from console.tui.widgets.lines import LineView

REPEAT_S = 0.7  # longer than any keyboard waits before it repeats
Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One line to fill in. ``missing`` is the sentence while it is empty ("" if it may be);
    ``problem`` says what is wrong with what was typed."""

    name: str
    label: str
    hint: str = ""
    missing: str = ""
    problem: Callable[[str], str] = lambda text: ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to act on: the value that is sent, and how it is shown."""

    value: str
    shown: Line


class FormDialog(ModalScreen[Values | None]):
    """Ends with the values, or None. The choice is in them under "choice"."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", priority=True, id="form.leave"),
        Binding("up", "choose(-1)", "previous", priority=True, id="form.previous"),
        Binding("down", "choose(1)", "next", priority=True, id="form.next"),
    ]

    def __init__(
        self,
        title: str,
        verb: str,
        lines: Sequence[Line] = (),
        fields: Sequence[Field] = (),
        choices: Sequence[Choice] = (),
    ) -> None:
        super().__init__()
        self.heading = title
        self.verb = verb
        self.blast = list(lines)
        self.fields = tuple(fields)
        self.choices = tuple(choices)
        self.chosen = 0
        self.said = ""
        self._deaf_from = monotonic()

    def compose(self) -> ComposeResult:
        with Vertical(classes="box form"):
            yield LineView(id="form-title")
            yield LineView(id="blast")
            yield LineView(id="form-choices")
            yield LineView(id="preview")
            for field in self.fields:
                with Horizontal(classes="field"):
                    yield LineView(id=f"label-{field.name}", classes="label")
                    yield Input(placeholder=field.hint, id=f"field-{field.name}", compact=True)
            yield LineView(id="form-state")

    def on_mount(self) -> None:
        self.call_after_refresh(self.redraw)

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    @property
    def values(self) -> Values:
        """What is filled in now."""
        found = {field.name: self.query_one(f"#field-{field.name}", Input).value.strip() for field in self.fields}
        return {**found, "choice": self.choices[self.chosen].value} if self.choices else found

    def problem(self) -> str:
        """What is still missing or wrong, "" if it may go ahead."""
        values = self.values
        for field in self.fields:
            said = field.problem(values[field.name]) if values[field.name] else field.missing
            if said:
                return said
        return ""

    def preview(self, width: int) -> Sequence[Line]:
        """What would come of it; forms that know override this."""
        return ()

    def redraw(self) -> None:
        """All but the inputs; an answer may come when the form is gone."""
        if not self.query("#form-title"):
            return
        title = self.query_one("#form-title", LineView)
        hints = [*([("↑↓", "chooses")] if len(self.choices) > 1 else []), ("enter", self.verb), ("esc", "leaves")]
        hint = line(*[part for key, word in hints for part in (span(key, MUTED), span(f" {word}  ", FAINT))])
        title.show([spread(line(span(self.heading, STRONG)), hint, title.size.width)])
        width = title.size.width
        self._put("#blast", self.blast)
        self._put("#form-choices", [self._choice(i, width) for i in range(len(self.choices))])
        shown = list(self.preview(width))
        self._put("#preview", [*shown, EMPTY] if shown else [])
        for field in self.fields:
            self.query_one(f"#label-{field.name}", LineView).show([line(fit(field.label, 12, MUTED))])
        self._state()

    def _put(self, selector: str, lines: Sequence[Line]) -> None:
        view = self.query_one(selector, LineView)
        view.display = bool(lines)
        view.styles.height = max(1, len(lines))
        view.show(lines)

    def _choice(self, index: int, width: int) -> Line:
        row = self.choices[index].shown
        if index != self.chosen:
            return (span("  "), *row)
        return restyle(spread((span("▸ ", STRONG), *row), EMPTY, width), CURSOR)

    def _state(self) -> None:
        problem = self.problem()
        said = self.said or problem
        style = BAD if self.said else WARN
        ready = line(span("enter", STRONG), span(f" {self.verb}", MUTED))
        self.query_one("#form-state", LineView).show([line(span(said, style)) if said else ready])

    def action_choose(self, delta: int) -> None:
        """Another choice; without any, another field."""
        if len(self.choices) > 1:
            self.chosen = (self.chosen + delta) % len(self.choices)
            self.changed()
            self.redraw()
        elif delta > 0:
            self.focus_next(Input)
        else:
            self.focus_previous(Input)

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        if event.widget is self.query_one("#form-choices", LineView) and event.y < len(self.choices):
            self.action_choose(event.y - self.chosen)

    def action_leave(self) -> None:
        """Nothing happens."""
        self.dismiss(None)

    def changed(self) -> None:
        """Something was typed or chosen."""

    def on_input_changed(self) -> None:
        self._deaf_from = 0.0  # a person types: an enter after this is meant
        self.said = ""
        self.changed()
        self._state()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """To what is missing, or ahead."""
        now = monotonic()
        if now - self._deaf_from < REPEAT_S:
            self._deaf_from = now
            return
        if self.problem():
            self._to_what_is_missing()
        else:
            self.dismiss(self.values)

    def _to_what_is_missing(self) -> None:
        values = self.values
        for field in self.fields:
            text = values[field.name]
            if field.problem(text) if text else field.missing:
                self.query_one(f"#field-{field.name}", Input).focus()
                return
