"""One change: each service with its placements in a grid by failure domain, what each does at this
moment, why any failed, and the log below."""

from __future__ import annotations

from datetime import datetime

from rich.style import Style

from console.tui.picture import FINISHED, Picture
from console.tui.render.batches import course_lines, moved_lines
from console.tui.render.failure import failure_lines
from console.tui.render.hooks import hook_lines
from console.tui.render.line import EMPTY, Line, line, span, spread
from console.tui.render.moves import move_spans
from console.tui.render.palette import (
    ACCENT,
    BAD,
    FAINT,
    GOOD,
    MUTED,
    STRONG,
    TEXT,
    WARN,
    Look,
    change_look,
    look,
)
from console.tui.render.times import age
from console.tui.render.waits import wait_lines
from engine.api.protocol import ChangeView, ItemView, MoveView, PlacementView


def grid(picture: Picture, change: ChangeView, now: datetime, width: int) -> list[Line]:
    """Every item with its placements."""
    found = [row for item in change["items"] for row in (EMPTY, *_item(picture, change, item, now, width))]
    if change.get("hooks"):
        found += [EMPTY, *hook_lines(change["hooks"], now, width)]
    waits = wait_lines(change["waits"], now, width)
    return [*found, EMPTY, *waits] if waits else found


def service_at(picture: Picture, change: ChangeView, now: datetime, width: int, number: int) -> str:
    """The service that a line of the grid is about, "" if it is about none."""
    for item in change["items"]:
        number -= 1 + len(_item(picture, change, item, now, width))
        if number < 0:
            return item["service"]
    return ""


def _item(picture: Picture, change: ChangeView, item: ItemView, now: datetime, width: int) -> list[Line]:
    its = change_look(item["state"])
    head = spread(
        line(
            " ",
            span(f"{its.glyph} ", its.style),
            span(f"{item['service']} ", STRONG),
            *move_spans(item),
            span(f"  {item['state']}", its.style),
        ),
        line(span(f"{item['done']}/{item['total']} ", MUTED)),
        width,
    )
    found = [head]
    found += failure_lines(item["failure"], width, "   ")
    row = picture.row(item["service"], change["environment"])
    moves = {move["host"]: move for move in item["moves"]}
    over = change["state"] in FINISHED
    places = row["placements"] if row else []
    known = {place["host"] for place in places}
    cells = {p["host"]: (p["domain"], _cell(p, moves.get(p["host"]), item, over, now)) for p in places}
    cells |= {
        m["host"]: (m["domain"], _cell(None, m, item, over, now)) for m in item["moves"] if m["host"] not in known
    }
    course = item.get("course")
    cells = dict(sorted(cells.items(), key=lambda cell: (cell[1][0], cell[0])))
    if course is not None:
        return [*found, *course_lines(course, cells, width)]
    return [*found, *moved_lines(item["moves"], cells, width)]


def _cell(place: PlacementView | None, move: MoveView | None, item: ItemView, over: bool, now: datetime) -> Line:
    """``● eu-a-01 2.5.0 passing`` or ``► eu-b-02 switching 8s``."""
    host = move["host"] if move else place["host"] if place else ""
    if move is not None and move["state"] == "moving":
        phase = move["phase"] or "intended"
        return _said(look(phase), host, f"{phase} {age(move['started'], now)}", ACCENT, move["detail"])
    if move is not None and move["state"] != "done":
        return _said(look(move["state"]), host, move["state"], BAD, move["detail"])
    if place is not None and place["unreachable"]:
        return _said(Look("?", WARN), host, "unreachable", WARN, "")
    version = (place["version"] if place else move["goal"] if move else None) or "–"
    health = place["health"] if place else ""
    if version == item["to"] or move is not None:
        well = health in {"passing", ""}
        return _said(Look("●", GOOD) if well else Look("▲", BAD), host, version, MUTED, health)
    return _said(Look("·" if over else "○", FAINT), host, version, FAINT, "")


def _said(its: Look, host: str, word: str, style: Style, note: str) -> Line:
    return line(span(f"{its.glyph} ", its.style), span(host, TEXT), span(f" {word}", style), span(f" {note}", FAINT))
