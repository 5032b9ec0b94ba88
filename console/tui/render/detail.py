"""Everything about one instance, as the pane below the map and as a screen of its own: versions, the
change it is in, what it waits for, its placements, and what it needs and is needed by."""

from __future__ import annotations

from datetime import datetime

from rich.style import Style

from console.tui.picture import Picture
from console.tui.render.card import UNSEEN, is_unseen, never_seen, versions
from console.tui.render.failure import failure_lines
from console.tui.render.line import EMPTY, Line, beside, crop, fit, line, shorten, span, wrap
from console.tui.render.log import about
from console.tui.render.palette import ACCENT, BAD, FAINT, MUTED, RULE, STRONG, TEXT, WARN, change_look, look
from console.tui.render.services import placement_glyph, state_cell
from console.tui.render.stand_ins import HEALTH, is_stand_in
from console.tui.render.standing import stand_in_lines
from console.tui.render.times import age
from console.tui.render.underway import underway
from console.tui.render.waits import wait_lines
from engine.api.protocol import PlacementView, StatusRow

ROOMY = 22


def pane(picture: Picture, service: str, environment: str, now: datetime, width: int, height: int) -> list[Line]:
    """The pane: the instance and its waits on the left, its placements beside them, and where there is
    room what it needs and what needs it."""
    gap = span(" │ ", RULE)
    if is_stand_in(service):
        return [crop(row, width) for row in stand_in_lines(picture, service, environment, now, width)[:height]]
    if width >= 160:
        third = (width - 6) // 3
        left = facts(picture, service, environment, now, third)
        if height > ROOMY:
            left = [*_tall(left, max(12, len(left) + 1)), *underway(picture, environment, now)]
        middle = [*placements(picture, service, environment, third), *_recent(picture, service, third)]
        right = relations(picture, service, environment, width - 2 * third - 6)
        block = beside(beside(_tall(left, height), middle, third, gap), right, 2 * third + 3, gap)
    else:
        half = (width - 3) * 5 // 9
        left = facts(picture, service, environment, now, half)
        right = placements(picture, service, environment, width - half - 3)
        block = beside(_tall(left, height), right, half, gap)
    return [crop(row, width) for row in block[:height]]


def _recent(picture: Picture, service: str, width: int) -> list[Line]:
    """The latest of what happened to it, newest first."""
    mine = [event for event in picture.events if about(event["subject"], service)]
    rows = [
        line(span(f" {event['at'][11:19]} ", FAINT), span(shorten(event["message"], width - 11), MUTED))
        for event in reversed(mine[-30:])
    ]
    return [EMPTY, line(span(" lately", FAINT)), *rows] if rows else []


def _tall(lines: list[Line], height: int) -> list[Line]:
    return [*lines[:height], *[EMPTY] * (height - len(lines))]


def facts(picture: Picture, service: str, environment: str, now: datetime, width: int) -> list[Line]:
    """What it is, what runs and is wanted, what it waits for."""
    row = picture.row(service, environment)
    if row is None:
        return [line(span(f" {service}", STRONG)), line(span(f" has no placement in {environment}", MUTED))]
    found = [
        line(
            " ", span(f"{service}@{environment}", STRONG), "  ", *state_cell(row["state"]),
            span(f"  {row['team']}", FAINT),
        ),
        _field("current", _current(row)),
        _field("target", line(span(row["target"] or "none", TEXT))),
        _field("desired", line(span(row["desired"] or "none", ACCENT if row["desired"] != row["target"] else TEXT))),
    ]  # fmt: skip
    change = picture.last_of(service, environment)
    if change is not None:
        its = change_look(change["state"])
        reason = f"  {change['reason']}" if change["reason"] else ""
        found.append(
            _field(
                "change",
                line(
                    span(f"{its.glyph} ", its.style),
                    span(f"{change['id']} {change['state']}", TEXT),
                    span(f" by {change['requested_by']}", MUTED),
                    span(f" {age(change['finished'], now)} ago" if change["finished"] else "", MUTED),
                    span(reason, FAINT),
                ),
            )
        )
        for item in change["items"]:
            if item["service"] == service:
                found += failure_lines(item["failure"], width)
    return [*found, *_conditions(row, width), *wait_lines(row["waits"], now, width)]


def _conditions(row: StatusRow, width: int) -> list[Line]:
    """What is bad, pending, orphaned or broken about it, and the way out."""
    found: list[Line] = []
    for mark in row["bad"]:
        found += _said("bad", f"{mark['version']}: {mark['reason']} ({mark['by']}); b clears it", BAD, width)
    if row.get("pending"):
        found += _said(
            "pending", f"{row['pending']} of the inventory: deploy the same version to bring it", ACCENT, width
        )
    if row.get("orphans"):
        found += _said(
            "orphans", f"still runs on {', '.join(row['orphans'])}, which the inventory took away", WARN, width
        )
    for broken in row.get("violations", []):
        found += _said("broken", broken, BAD, width)
    return found


def _said(name: str, text: str, style: Style, width: int) -> list[Line]:
    rows = wrap(text, max(10, width - 11))
    return [_field(name if not i else "", line(span(part, style))) for i, part in enumerate(rows)]


def _field(name: str, value: Line) -> Line:
    return (span(f" {name:<8} ", MUTED), *value)


def _current(row: StatusRow) -> Line:
    if not row["current"]:
        return line(span(UNSEEN if is_unseen(row) else "nothing runs", WARN))
    parts: Line = EMPTY
    total = len(row["placements"])
    for version, count in row["current"].items():
        where = f" on all {total}   " if count == total else f" on {count} of {total}   "
        parts = (*parts, span(version, TEXT), span(where, MUTED))
    return parts


def placements(picture: Picture, service: str, environment: str, width: int) -> list[Line]:
    """Each placement: where, what, how."""
    row = picture.row(service, environment)
    if row is None:
        return []
    host = min(max((len(p["host"]) for p in row["placements"]), default=4), max(10, width - 34))
    found = [line(span(f" {'placements':<{host + 2}} {'domain':<8}  version", FAINT))]
    return found + [_placement(place, host) for place in row["placements"]]


def _placement(place: PlacementView, host_width: int) -> Line:
    condition = _condition(place)
    return line(
        " ",
        placement_glyph(place["state"], place["health"], place["unreachable"]),
        " ",
        fit(place["host"], host_width, TEXT),
        " ",
        fit(place["domain"], 8, MUTED),
        "  ",
        span(place["version"] or "–", TEXT),
        span(f"  {condition}", MUTED if condition == "passing" else WARN),
    )


def _condition(place: PlacementView) -> str:
    said = f": {place['detail']}" if place["detail"] else ""
    if place.get("differs") and not place["unreachable"]:
        return drift(place)
    if place["unreachable"]:
        return ("host unreachable" if never_seen(place) else "host unreachable, last seen so") + said
    if place["state"] == "running":
        return place["health"] + said
    return place["state"] + said


def drift(place: PlacementView) -> str:
    """What differs at a placement from what was last deployed there, and how its healing goes."""
    differs = f"drifted: {', '.join(place.get('differs', ()))}"
    return f"{differs}; {place['heal']}" if place.get("heal") else differs


def relations(picture: Picture, service: str, environment: str, width: int) -> list[Line]:
    """What it needs, with the versions it accepts; what needs it."""
    node = picture.services.get(service)
    if node is None:
        return []
    externals = node.get("externals", [])
    found = [line(span(" needs" if node["needs"] or externals else " needs nothing", FAINT))]
    for need in node["needs"]:
        when = f" when {need['when']}" if need["when"] else ""
        found.append(_related("‹", need["provider"], f"{need['version']}{when}", picture, environment, width))
    found += [_external(name, picture, width) for name in externals]
    found.append(line(span(" needed by" if node["needed_by"] else " nothing needs it", FAINT)))
    found += [_related("›", other, "", picture, environment, width) for other in node["needed_by"]]
    return found


def _external(name: str, picture: Picture, width: int) -> Line:
    """An external that it needs: how it is, and whom to ask."""
    known = picture.externals.get(name)
    its = look(HEALTH.get(known["health"], "unknown") if known else "unknown")
    health = known["health"] if known else "unknown"
    said = f"external, {health}" if health == "passing" else f"external, {health}: {known['detail'] if known else ''}"
    owner = f"  {known['owner']}" if known and known["owner"] else ""
    return line(
        " ",
        span("‹", ACCENT),
        span(its.glyph, its.style),
        " ",
        fit(name, min(18, width - 16), TEXT),
        " ",
        span(shorten(said, max(10, width - 24 - len(owner))), MUTED),
        span(owner, FAINT),
    )


def _related(mark: str, name: str, accepts: str, picture: Picture, environment: str, width: int) -> Line:
    row = picture.row(name, environment)
    its = look(row["state"] if row else "absent")
    return line(
        " ",
        span(mark, ACCENT),
        span(its.glyph, its.style),
        " ",
        fit(name, min(18, width - 16), TEXT),
        " ",
        *versions(row, max(10, min(20, width - 24))),
        span(f"  {accepts}", FAINT),
    )
