"""Why something failed: the sentence, and below it the last lines that the service wrote."""

from __future__ import annotations

from console.tui.render.line import Line, line, span, wrap
from console.tui.render.palette import BAD, MUTED


def failure_lines(text: str, width: int, margin: str = " ") -> list[Line]:
    """The first paragraph stands out; those after it are what was written there."""
    found: list[Line] = []
    for number, paragraph in enumerate(text.splitlines()):
        style = BAD if number == 0 else MUTED
        found += [line(span(margin + row, style)) for row in wrap(paragraph.strip(), width - len(margin) - 1)]
    return found
