"""One change: each service with its placements in a grid by failure domain, what each does at this
moment, why any failed, and the log below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.style import Style

from console.tui.picture import FINISHED, Picture
from console.tui.render.failure import failure_lines
from console.tui.render.line import EMPTY, Line, fit, line, pad, span, spread
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

CELL = 30
DOMAIN = 10


def grid(picture: Picture, change: ChangeView, now: datetime, width: int) -> list[Line]:
    """Every item with its placements."""
    found: list[Line] = []
    for item in change["items"]:
        found += [EMPTY, *_item(picture, change, item, now, width)]
    waits = wait_lines(change["waits"], now, width)
    return [*found, EMPTY, *waits] if waits else found


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
    if stage := item.get("stage"):
        style = WARN if stage["awaits_promotion"] else ACCENT
        place = f"   stage {stage['number']} of {stage['count']}: "
        found.append(line(span(place, FAINT), span(stage["text"], style)))
    found += failure_lines(item["failure"], width, "   ")
    row = picture.row(item["service"], change["environment"])
    moves = {move["host"]: move for move in item["moves"]}
    over = change["state"] in FINISHED
    places = row["placements"] if row else []
    known = {place["host"] for place in places}
    cells = [(p["domain"], _cell(p, moves.get(p["host"]), item, over, now)) for p in places]
    cells += [(m["domain"], _cell(None, m, item, over, now)) for m in item["moves"] if m["host"] not in known]
    return [*found, *_by_domain(cells, width)]


def _by_domain(cells: Sequence[tuple[str, Line]], width: int) -> list[Line]:
    per_row = max(1, (width - DOMAIN - 3) // CELL)
    size = min(44, (width - DOMAIN - 3) // per_row)
    found: list[Line] = []
    for domain in sorted({domain for domain, _ in cells}):
        mine = [cell for where, cell in cells if where == domain]
        for start in range(0, len(mine), per_row):
            label = domain if start == 0 else ""
            parts = [part for cell in mine[start : start + per_row] for part in pad(cell, size)]
            found.append((span("   "), fit(label, DOMAIN, FAINT), *parts))
    return found


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
