"""The map for a small terminal: what the service needs, the service, and what needs it, side by side.
The cursor walks into a list; enter makes what it stands on the centre."""

from __future__ import annotations

from datetime import datetime

from console.tui.picture import Picture
from console.tui.render.card import versions
from console.tui.render.detail import placements
from console.tui.render.line import EMPTY, Line, fit, line, pad, restyle, shorten, span, wrap
from console.tui.render.palette import CURSOR, FAINT, MUTED, NET_IN, NET_OUT, RULE, STRONG, TEXT, WARN, look
from console.tui.render.services import state_cell
from console.tui.render.stand_ins import EXTERNAL, is_stand_in, row_of
from console.tui.render.standing import stand_in_lines
from console.tui.render.times import age, until

NEEDS, CENTRE, NEEDED_BY = 0, 1, 2


def lists(picture: Picture, service: str) -> tuple[list[str], list[str]]:
    """What a service needs and what needs it, in the graph's order."""
    if service.startswith(EXTERNAL):
        known = picture.externals.get(service.removeprefix(EXTERNAL))
        return [], list(known["needed_by"]) if known else []
    node = picture.services.get(service)
    if node is None:
        return [], []
    outside = [f"{EXTERNAL}{name}" for name in node.get("externals", [])]
    return [*dict.fromkeys(need["provider"] for need in node["needs"]), *outside], list(node["needed_by"])


def focus(
    picture: Picture, service: str, environment: str, cursor: tuple[int, int], now: datetime, width: int, height: int
) -> list[Line]:
    """Three blocks side by side, exactly ``height`` rows; ``cursor`` is (list, place in it)."""
    left, right = lists(picture, service)
    side = _side(width)
    middle = width - 2 * side - 6
    blocks = (
        _list(f"needs {len(left)}", left, picture, environment, side, height, cursor, NEEDS),
        _centre(picture, service, environment, now, middle, cursor[0] == CENTRE),
        _list(f"needed by {len(right)}", right, picture, environment, side, height, cursor, NEEDED_BY),
    )
    rule = span(" │ ", RULE)
    return [
        (
            *pad(blocks[0][y] if y < len(blocks[0]) else EMPTY, side),
            rule,
            *pad(blocks[1][y] if y < len(blocks[1]) else EMPTY, middle),
            rule,
            *pad(blocks[2][y] if y < len(blocks[2]) else EMPTY, side),
        )
        for y in range(height)
    ]


def place_at(
    names: tuple[list[str], list[str]], cursor: tuple[int, int], width: int, height: int, x: int, y: int
) -> tuple[int, int]:
    """Which list, and which place in it, is drawn at a cell; the centre where it is neither."""
    side = _side(width)
    which = NEEDS if x < side else NEEDED_BY if x >= width - side else CENTRE
    if which == CENTRE:
        return CENTRE, 0
    mine = names[0 if which == NEEDS else 1]
    at = _first(mine, cursor, which, height) + (y - 2) // 2
    return (which, at) if y >= 2 and 0 <= at < len(mine) else (CENTRE, 0)


def _side(width: int) -> int:
    return max(16, (width - 6) * 2 // 7)


def _first(names: list[str], cursor: tuple[int, int], which: int, height: int) -> int:
    rows = max(1, (height - 2) // 2)
    return max(0, min(cursor[1] - rows // 2, len(names) - rows)) if cursor[0] == which else 0


def _list(
    title: str,
    names: list[str],
    picture: Picture,
    environment: str,
    width: int,
    height: int,
    cursor: tuple[int, int],
    which: int,
) -> list[Line]:
    style = NET_IN if which == NEEDS else NET_OUT
    mark = "‹" if which == NEEDS else "›"
    here = cursor[0] == which
    rows = max(1, (height - 2) // 2)
    first = _first(names, cursor, which, height)
    found: list[Line] = [line(span(f" {title}", STRONG if here else MUTED)), EMPTY]
    for index in range(first, min(len(names), first + rows)):
        name = names[index]
        row = row_of(picture, name, environment)
        its = look(row["state"] if row else "absent")
        chosen = here and index == cursor[1]
        top = line(span(mark, style), span(its.glyph, its.style), " ", fit(name, width - 3, STRONG if chosen else TEXT))
        low = line("   ", *versions(row, width - 3))
        found += [restyle(top, CURSOR), restyle(low, CURSOR)] if chosen else [top, low]
    if first + rows < len(names):
        found[1] = line(span(f"  {len(names) - rows} more", FAINT))
    return found


def _centre(picture: Picture, service: str, environment: str, now: datetime, width: int, here: bool) -> list[Line]:
    if is_stand_in(service):
        return stand_in_lines(picture, service, environment, now, width)
    row = picture.row(service, environment)
    title = line(span("▌" if here else " ", NET_IN), fit(f"{service}@{environment}", width - 1, STRONG))
    found: list[Line] = [restyle(title, CURSOR) if here else title]
    if row is None:
        return [*found, line(span(" no placement here", MUTED))]
    found += [
        line(" ", *state_cell(row["state"]), span(f"  {row['team']}", FAINT)),
        EMPTY,
        line(span(" current  ", MUTED), span(", ".join(f"{v} on {n}" for v, n in row["current"].items()) or "nothing")),
        line(span(" target   ", MUTED), span(row["target"] or "none")),
        line(span(" desired  ", MUTED), span(row["desired"] or "none")),
        EMPTY,
    ]
    for wait in row["waits"][:2]:
        found.append(line(span(f" ◔ {wait['reason']}", WARN), span(f" {age(wait['since'], now)}", MUTED)))
        found.append(line(span(f"   {until(wait['until'], now)}", MUTED)))
        found += [line(span(f"   {text}", TEXT)) for text in wrap(wait["message"], width - 4)]
    if row["waits"]:
        found.append(EMPTY)
    return [*found, *[_narrow(part, width) for part in placements(picture, service, environment, width)[1:]]]


def _narrow(parts: Line, width: int) -> Line:
    text = "".join(part.text for part in parts)
    return line(
        " ", parts[1] if len(parts) > 1 else "", span(shorten(" " + " ".join(text.split()[1:]), width - 2), MUTED)
    )
