"""One service in two rows: state and name, then what runs and what is wanted. Also the same in one
phrase, for tables and lists: a version is written the same way everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from console.tui.render.line import Line, fit, line, pad, restyle, shorten, span
from console.tui.render.palette import ACCENT, BAD, CURSOR, FAINT, MUTED, NET_IN, NET_OUT, STRONG, TEXT, WARN, look
from engine.api.protocol import PlacementView, StatusRow

ABSENT = "not installed"
UNSEEN = "not seen yet"


class Place(Enum):
    """What a card is to the selected one."""

    SELECTED = "selected"
    ANCESTOR = "‹"
    DESCENDANT = "›"
    OTHER = "other"
    PLAIN = "plain"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Motion:
    """Where an instance is and where it goes, as short text. ``goal`` "" if it goes nowhere."""

    current: str
    goal: str
    done: int
    total: int


def never_seen(place: PlacementView) -> bool:
    """Whether this placement was never observed."""
    return place["version"] is None and place["state"] == "unknown"


def is_unseen(row: StatusRow) -> bool:
    """Whether none of its placements was ever observed, so that nobody knows what runs there."""
    return bool(row["placements"]) and all(never_seen(place) for place in row["placements"])


def motion(row: StatusRow | None) -> Motion:
    """What to write of an instance's versions."""
    if row is None:
        return Motion("", "", 0, 0)
    current = row["current"]
    total = len(row["placements"])
    desired = row["desired"]
    if not current:
        return Motion(UNSEEN if is_unseen(row) else ABSENT, desired or "", 0, total)
    if len(current) == 1:
        only = next(iter(current))
        return Motion(only, desired if desired and desired != only else "", 0, total)
    if desired in current:
        others = [version for version in current if version != desired]
        return Motion(others[0] if len(others) == 1 else f"{len(others)} others", desired, current[desired], total)
    return Motion(f"{len(current)} versions", desired or "", 0, total)


def bar(done: int, total: int, width: int) -> tuple[str, str]:
    """A progress bar as (full, empty) text of ``width`` cells in all."""
    full = 0 if total <= 0 else min(width, done * width // total)
    return "━" * full, "─" * (width - full)


def versions(row: StatusRow | None, width: int, *, dim: bool = False) -> Line:
    """``2.4.1 → 2.5.0 2/4`` in exactly ``width`` cells."""
    text = FAINT if dim else MUTED
    where = motion(row)
    if row is None:
        return line(fit("not in this environment", width, FAINT))
    if not where.goal:
        return line(fit(where.current, width, text))
    count = f" {where.done}/{where.total}" if where.done or row["state"] in {"rolling", "reverting", "baking"} else ""
    room = width - len(count)
    arrow = f"{where.current} → "
    goal = fit(where.goal + count, max(0, room - len(arrow) + len(count)), text if dim else ACCENT)
    if len(arrow) + len(where.goal) > room:
        return line(fit(f"→ {where.goal}{count}", width, text if dim else ACCENT))
    return line(span(arrow, text), goal)


def flags(row: StatusRow | None) -> Line:
    """What is not as it should be besides the state, a glyph each: ⊘ a version that is wanted is bad (faint:
    another one is), ∆ the inventory has something that no change brought, † it runs where it should not,
    ≁ a dependency is broken."""
    if row is None:
        return ()
    found = []
    if row["bad"]:
        wanted = any(mark["version"] == row["desired"] for mark in row["bad"])
        found.append(span("⊘", BAD if wanted else MUTED))
    if row.get("pending"):
        found.append(span("∆", ACCENT))
    if row.get("orphans"):
        found.append(span("†", WARN))
    if row.get("violations"):
        found.append(span("≁", BAD))
    return tuple(found)


MARKS = {Place.ANCESTOR: ("‹", NET_IN), Place.DESCENDANT: ("›", NET_OUT), Place.SELECTED: ("▌", ACCENT)}


def card(name: str, row: StatusRow | None, place: Place, width: int) -> tuple[Line, Line]:
    """The two rows of a card, each exactly ``width`` cells."""
    shown = look(row["state"]) if row else None
    mark, mark_style = MARKS.get(place, (" ", FAINT))
    dim = place in {Place.OTHER, Place.FILTERED}
    name_style = {
        Place.SELECTED: STRONG,
        Place.OTHER: MUTED,
        Place.FILTERED: FAINT,
    }.get(place, TEXT)
    glyph = span(shown.glyph, FAINT if place is Place.FILTERED else shown.style) if shown else span("·", FAINT)
    marks = flags(row)
    name_room = width - 3 - (len(marks) + 1 if marks else 0)
    text = line(span(mark, mark_style), glyph, " ", span(shorten(name, name_room), name_style), " " if marks else "")
    top = pad((*text, *marks), width)
    left = "▌" if place is Place.SELECTED else " "
    low = (span(left, mark_style), span("  "), *versions(row, width - 3, dim=dim))
    if place is Place.SELECTED:
        return restyle(top, CURSOR), restyle(low, CURSOR)
    return top, low
