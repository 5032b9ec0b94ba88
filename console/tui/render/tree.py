"""The dependencies as an indented tree: from what nobody needs down to what everything stands on. A service
that others need too is unfolded once and named again afterwards."""

from __future__ import annotations

from collections.abc import Callable

from console.tui.render.card import flags, versions
from console.tui.render.layout import Layout
from console.tui.render.line import Line, fit, line, pad, restyle, shorten, span
from console.tui.render.palette import ACCENT, CURSOR, FAINT, MUTED, RULE, STRONG, TEXT, WARN, look
from engine.api.protocol import StatusRow

Branch = tuple[str, str, bool]  # what is drawn before the name, the service, whether it is unfolded here


def branches(layout: Layout) -> list[Branch]:
    """Every row of the tree. Services in a cycle that nothing else needs come last."""
    seen: set[str] = set()
    found: list[Branch] = []
    every = [name for column in reversed(layout.columns) for name in column]
    for root in (*(name for name in every if not layout.needed_by[name]), *every):
        if root not in seen:
            _unfold(layout, root, "", "", seen, found)
    return found


def _unfold(layout: Layout, name: str, before: str, below: str, seen: set[str], found: list[Branch]) -> None:
    todo = [(name, before, below)]
    while todo:
        at, head, under = todo.pop()
        fresh = at not in seen
        seen.add(at)
        found.append((head, at, fresh))
        needs = layout.needs.get(at, ()) if fresh else ()
        for index, provider in reversed(list(enumerate(needs))):
            last = index == len(needs) - 1
            todo.append((provider, under + ("└─ " if last else "├─ "), under + ("   " if last else "│  ")))


def order(layout: Layout) -> list[str]:
    """The services in the order in which they are unfolded."""
    return [name for _, name, fresh in branches(layout) if fresh]


def tree_lines(
    layout: Layout, row_of: Callable[[str], StatusRow | None], selected: str, width: int, height: int
) -> list[Line]:
    """The rows around the selected service that fit."""
    every = branches(layout)
    here, first = _window(every, selected, height)
    return [
        _row(every[at], row_of, at == here, selected, width) for at in range(first, min(len(every), first + height))
    ]


def service_at(layout: Layout, selected: str, height: int, y: int) -> str:
    """The service named in the row drawn at ``y``, "" if there is none."""
    every = branches(layout)
    at = _window(every, selected, height)[1] + y
    return every[at][1] if 0 <= y < height and at < len(every) else ""


def _window(every: list[Branch], selected: str, height: int) -> tuple[int, int]:
    """Where the selected service is unfolded, and the first row in sight."""
    here = next((at for at, (_, name, fresh) in enumerate(every) if fresh and name == selected), 0)
    return here, max(0, min(here - height // 2, len(every) - height))


def _row(branch: Branch, row_of: Callable[[str], StatusRow | None], here: bool, selected: str, width: int) -> Line:
    head, name, fresh = branch
    row = row_of(name)
    its = look(row["state"] if row else "absent")
    room = max(12, min(60, width - 40))
    title = line(span(f" {head}", RULE), span(f"{its.glyph} ", its.style))
    used = 1 + len(head) + 2
    style = STRONG if here else ACCENT if name == selected else TEXT if fresh else FAINT
    if not fresh:
        return line(*title, span(shorten(name, max(4, room - used)), style), span(" ↑", FAINT))
    whole = line(
        *title, fit(name, max(4, room - used), style), span(" "), *versions(row, 24), span(" "), *flags(row),
        span(f"  {row['waits'][0]['reason']}" if row and row["waits"] else "", WARN),
        span(f"  {row['team']}" if row else "", MUTED),
    )  # fmt: skip
    return restyle(pad(whole, width), CURSOR) if here else whole
