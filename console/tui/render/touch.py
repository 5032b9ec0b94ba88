"""What the maintenance of a host, a restart or a removal would touch, as lines for the dialog that asks."""

from __future__ import annotations

from console.tui.render.line import Line, line, span, wrap
from console.tui.render.palette import BAD, FAINT, MUTED, STRONG, TEXT, WARN
from engine.api.protocol import TouchView

MOST = 8


def touch_lines(seen: TouchView, width: int) -> list[Line]:
    """The sentence, the placements, what is given up, and what would hold it."""
    if seen["refused"]:
        return [
            line(span(f"{'✗ ' if not at else '  '}{row}", BAD))
            for at, row in enumerate(wrap(seen["refused"], width - 4))
        ]
    found = [line(span(row, TEXT)) for row in wrap(seen["message"], max(10, width - 2))]
    places = seen["placements"]
    found += [line(span(" ● ", WARN), span(place, STRONG)) for place in places[:MOST]]
    if len(places) > MOST:
        found.append(line(span(f"   and {len(places) - MOST} more placements", MUTED)))
    if not places:
        found.append(line(span(" no placement is touched", MUTED)))
    found += [line(span(" ✗ given up: ", BAD), span(text, TEXT)) for text in seen["gives_up"][:MOST]]
    found += [
        line(span(f" change {each['change']}: ", MUTED), span(f"{each['service']} becomes {each['state']}", WARN))
        for each in seen["lets_go"][:MOST]
    ]
    found += [
        line(span(" ◔ would wait for ", MUTED), span(wait["reason"], WARN), span(f"  {wait['message']}", FAINT))
        for wait in seen["waits"][:3]
    ]
    return found
