"""The journal as a table, newest first: when, what kind, of which change, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from rich.style import Style

from console.tui.render.filters import event_matches
from console.tui.render.line import EMPTY, Line, line, span, wrap
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, STRONG, TEXT
from console.tui.render.queue import change_pane
from console.tui.render.table import Column, Row, Table, cells, head, widths
from console.tui.render.times import parse, with_local_times
from engine.api.protocol import ChangeView, WatchEvent

COLUMNS = (
    Column("at", 12),
    Column("event", 6, right=True, least=100),
    Column("what", 18, least=90),
    Column("change", 6, right=True),
    Column("told", 20, share=1),
)
# Kinds that stand for something a person did, that went wrong, or that went well.
BY_PEOPLE = frozenset(
    {
        "change-accepted", "change-paused", "change-resumed", "change-held", "change-released", "change-approved",
        "change-rejected", "change-aborted", "change-retried", "change-expedited", "gate-overridden",
        "version-cleared", "instance-held", "instance-released", "engine-paused", "engine-resumed",
    }
)  # fmt: skip
WRONG = ("failed", "reverted", "reverting", "unreachable", "does not answer", "failing", "unconfirmed")


def history_table(events: Sequence[WatchEvent], query: str, now: datetime, width: int, *, more: bool) -> Table:
    """``events`` oldest first, as the journal has them; ``more``: there are older ones."""
    sized = widths(COLUMNS, width)
    rows = [
        Row(str(event["seq"]), partial(_cells, event, sized, now))
        for event in reversed(events)
        if event["seq"] and event_matches(query, event)
    ]
    if more:
        rows.append(Row("", partial(line, span("   … older events: go on down, or G", FAINT))))
    empty = f"no event matches /{query}; esc clears the filter" if query else "nothing has happened yet"
    return Table(head(sized), tuple(rows), empty)


def _cells(event: WatchEvent, sized: Sequence[tuple[Column, int]], now: datetime) -> Line:
    style = look_of(event)
    return cells(
        sized,
        {
            "at": span(stamp(event["at"], now), MUTED),
            "event": span(str(event["seq"]), FAINT),
            "what": line(span(event["kind"], style[1])),
            "change": line(span(event["change"], MUTED)),
            "told": line(span(f"{style[0]} ", style[1]), span(with_local_times(event["message"], now), TEXT)),
        },
    )


def look_of(event: WatchEvent) -> tuple[str, Style]:
    """A glyph and a style: what people did, what went wrong, what went well, the rest."""
    if event["kind"] in BY_PEOPLE:
        return "◆", ACCENT
    if any(word in event["message"] for word in WRONG):
        return "✗", BAD
    if event["message"].endswith(("succeeded", "done")):
        return "✓", GOOD
    return "·", FAINT


def stamp(at: str, now: datetime) -> str:
    """The time of day; before today, the day too."""
    when = parse(at)
    if when is None:
        return at[:12]
    local = when.astimezone(now.tzinfo)
    return f"{local:%H:%M:%S}" if local.date() == now.date() else f"{local:%d %b %H:%M}"


def event_pane(
    event: WatchEvent | None, change: ChangeView | None, now: datetime, width: int, height: int
) -> list[Line]:
    """The event under the cursor in full, what its step wrote, and how its change stands."""
    if event is None:
        return []
    style = look_of(event)
    when = parse(event["at"])
    found = [
        line(
            span(f" {style[0]} ", style[1]), span(event["kind"], STRONG), span(f"  event {event['seq']}", MUTED),
            span(f"  {when.astimezone(now.tzinfo):%a %d %b %Y %H:%M:%S %Z}" if when else "", MUTED),
            span(f"  {event['subject']}", MUTED), span("   enter looks at the map as it was then", FAINT),
        )
    ]  # fmt: skip
    found += [line(span(f"   {row}", TEXT)) for row in wrap(with_local_times(event["message"], now), width - 4)]
    found += [line(span(f"   │ {text}", FAINT)) for text in event.get("log", [])[-6:]]
    return [*found, EMPTY, *change_pane(change, now, width, height)][:height]
