"""The queue: unfinished changes in their order, then what finished last. What it waits for stands in
the row, with its age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from console.tui.picture import FINISHED, Picture
from console.tui.render.card import bar
from console.tui.render.failure import failure_lines
from console.tui.render.filters import change_matches
from console.tui.render.line import EMPTY, Line, fit, line, span
from console.tui.render.moves import move_spans
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, RULE, STRONG, TEXT, WARN, change_look
from console.tui.render.table import Column, Row, Table, cells, head, widths
from console.tui.render.times import age, took
from console.tui.render.title import ends_in, title
from console.tui.render.waits import wait_lines
from engine.api.protocol import ChangeView, ItemView

COLUMNS = (
    Column("change", 6, right=True),
    Column("state", 11),
    Column("services", 22, share=2, limit=60),
    Column("progress", 14),
    Column("for", 7, right=True),
    Column("ends in", 7, right=True, least=90),
    Column("by", 8, share=1, limit=14, least=100),
    Column("waits for", 10, share=5),
)


def queue_table(picture: Picture, environment: str, query: str, now: datetime, width: int) -> Table:
    """Changes of every environment: the queue is one."""
    sized = widths(COLUMNS, width)
    rows: list[Row] = []
    finished = False
    for change in picture.changes:
        if not change_matches(query, change):
            continue
        if change["state"] in FINISHED and not finished:
            finished = True
            if rows:
                rows.append(Row("", partial(line, span(" " + "─" * (width - 2), RULE))))
        rows.append(Row(change["id"], partial(_cells, change, sized, environment, now)))
    empty = f"no change matches /{query}; esc clears the filter" if query else "the queue is empty; d deploys"
    return Table(head(sized), tuple(rows), empty)


def _cells(change: ChangeView, sized: Sequence[tuple[Column, int]], environment: str, now: datetime) -> Line:
    return cells(sized, _values(change, environment, now))


def _values(change: ChangeView, environment: str, now: datetime) -> dict[str, Line]:
    over = change["state"] in FINISHED
    its = change_look(change["state"])
    return {
        "change": line(span(change["id"], MUTED if over else STRONG)),
        "state": line(span(f"{its.glyph} ", its.style), span(change["state"], MUTED if over else its.style)),
        "services": services_phrase(change, environment),
        "progress": progress(change, 8),
        "for": line(span(_since(change, now), MUTED)),
        "ends in": line(span(ends_in(change, now), MUTED)),
        "by": line(span(change["requested_by"], MUTED)),
        "waits for": _reason(change, now),
    }


def _since(change: ChangeView, now: datetime) -> str:
    if change["finished"]:
        return age(change["finished"], now)
    return took(change["started"] or change["created"], None, now)


def change_pane(change: ChangeView | None, now: datetime, width: int, height: int) -> list[Line]:
    """What the change under the cursor waits for, or why it failed, in full."""
    if change is None:
        return []
    found = title(change, now, width)
    for item in change["items"]:
        its = change_look(item["state"])
        found.append(
            line(
                span(f" {its.glyph} ", its.style), fit(item["service"], 18, TEXT),
                *move_spans(item),
                span(f"  {item['state']}", its.style), span(f"  {item['done']}/{item['total']}", MUTED),
                span(_staged(item), MUTED),
            )
        )  # fmt: skip
        found += failure_lines(item["failure"], width, "   ")
    return [*found, EMPTY, *wait_lines(change["waits"], now, width)][:height]


def _staged(item: ItemView) -> str:
    """On how many hosts its release is already, while that is on its way; whom it did not reach is in the log."""
    staged = item.get("staged")
    if staged is None:
        return ""
    return f"  staged on {staged['done']} of {staged['total']}" + (", some failed" if staged["faults"] else "")


def services_phrase(change: ChangeView, environment: str) -> Line:
    """``ledger 2.5.0, checkout 1.10.0``, with the environment where it is another one."""
    over = change["state"] in FINISHED
    parts = []
    if change["environment"] != environment:
        parts.append(span(f"{change['environment']}: ", ACCENT))
    for i, item in enumerate(change["items"]):
        parts += [span(", " if i else "", FAINT), span(item["service"], MUTED if over else TEXT)]
        parts.append(span(f" {item['to']}", FAINT if over else MUTED))
    return tuple(parts)


def progress(change: ChangeView, width: int) -> Line:
    """A bar and a count of placements."""
    done = sum(item["done"] for item in change["items"])
    total = sum(item["total"] for item in change["items"])
    full, empty = bar(done, total, width)
    bad = change["state"] in {"failed", "reverting", "reverted"}
    style = BAD if bad else GOOD if done == total else ACCENT
    return line(span(full, style), span(empty, RULE), span(f" {done}/{total}", MUTED))


def _reason(change: ChangeView, now: datetime) -> Line:
    if change["failure"]:
        return line(span(change["failure"], BAD if change["state"] == "failed" else MUTED))
    if change["waits"]:
        first = change["waits"][0]
        more = f" +{len(change['waits']) - 1}" if len(change["waits"]) > 1 else ""
        return line(
            span(f"{first['reason']} {age(first['since'], now)}{more}", WARN), span(f"  {first['message']}", FAINT)
        )
    return line(span(change["reason"], FAINT))
