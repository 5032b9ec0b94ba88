"""All that is known of what a card of the map stands for if it is no service: an external's health and who needs
it; a folded tier's services, the ones in trouble first."""

from __future__ import annotations

from datetime import datetime

from console.tui.picture import Picture
from console.tui.render.card import versions
from console.tui.render.line import EMPTY, Line, fit, line, span, wrap
from console.tui.render.palette import BAD, FAINT, MUTED, STRONG, TEXT, look
from console.tui.render.services import state_cell
from console.tui.render.stand_ins import EXTERNAL, HEALTH, members
from console.tui.render.summary import ORDER
from console.tui.render.times import age


def stand_in_lines(picture: Picture, name: str, environment: str, now: datetime, width: int) -> list[Line]:
    """The lines for one stand-in."""
    if name.startswith(EXTERNAL):
        return _external(picture, name, now, width)
    return _tier(picture, name, environment, width)


def _external(picture: Picture, name: str, now: datetime, width: int) -> list[Line]:
    known = picture.externals.get(name.removeprefix(EXTERNAL))
    if known is None:
        return [line(span(f" {name}", STRONG)), line(span(" nothing is known of it yet", MUTED))]
    its = look(HEALTH.get(known["health"], "unknown"))
    since = age(known["since"], now)
    found = [
        line(" ", span(name, STRONG), span("  external", FAINT)),
        line(span(" health   ", MUTED), span(f"{its.glyph} {known['health']}", its.style),
             span(f" for {since}" if since else "", MUTED)),
        line(span(" owner    ", MUTED), span(known["owner"] or "nobody named", TEXT)),
    ]  # fmt: skip
    style = BAD if known["health"] == "failing" else MUTED
    found += [line(span(f"   {row}", style)) for row in wrap(known["detail"], max(10, width - 4)) if known["detail"]]
    who = ", ".join(known["needed_by"]) or "nothing"
    return [*found, EMPTY, *[line(span(f" {row}", MUTED)) for row in wrap(f"needed by {who}", max(10, width - 2))]]


def _tier(picture: Picture, name: str, environment: str, width: int) -> list[Line]:
    rows = members(picture, name, environment)
    rank = {state: at for at, state in enumerate(ORDER)}
    rows.sort(key=lambda row: (rank.get(row["state"], 0), row["service"]))
    found = [line(" ", span(name, STRONG), span(f"  {len(rows)} services, z unfolds", FAINT))]
    for row in rows:
        title = fit(row["service"], min(20, max(8, width // 3)), TEXT)
        found.append(
            line(" ", *state_cell(row["state"]), " ", title, " ", *versions(row, max(10, min(24, width - 36))))
        )
    return found
