"""The services of one environment as a table: trouble first is the map's business, here they stand by
name, so that a row is where it was a minute ago."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from rich.segment import Segment

from console.tui.picture import Picture
from console.tui.render.card import flags, versions
from console.tui.render.filters import row_matches
from console.tui.render.line import Line, line, span
from console.tui.render.palette import BAD, FAINT, GOOD, MUTED, TEXT, WARN, look
from console.tui.render.table import Column, Row, Table, cells, head, widths
from console.tui.render.times import age
from engine.api.protocol import StatusRow

COLUMNS = (
    Column("service", 14, share=1, limit=24),
    Column("state", 11),
    Column("version", 18, share=1, limit=30),
    Column("placements", 12),
    Column("team", 10, share=1, limit=18, least=100),
    Column("waits for", 14, share=8),
)


def services_table(picture: Picture, environment: str, query: str, now: datetime, width: int) -> Table:
    """The table at this width."""
    sized = widths(COLUMNS, width)
    rows = [row for row in picture.rows(environment) if row_matches(query, row)]
    ordered = sorted(rows, key=lambda row: row["service"])
    made = tuple(Row(row["service"], partial(_cells, row, sized, now)) for row in ordered)
    empty = f"no service matches /{query}; esc clears the filter" if query else "no services in this environment"
    return Table(head(sized), made, empty)


def _cells(row: StatusRow, sized: Sequence[tuple[Column, int]], now: datetime) -> Line:
    room = {column.title: cells_wide for column, cells_wide in sized}
    return cells(
        sized,
        {
            "service": line(span(row["service"], TEXT), " ", *flags(row)),
            "state": state_cell(row["state"]),
            "version": versions(row, room["version"]),
            "placements": health_cell(row),
            "team": span(row["team"], MUTED),
            "waits for": _waits(row, now),
        },
    )


def state_cell(state: str) -> Line:
    """Glyph and word."""
    its = look(state)
    quiet = state in {"converged", "up", "running"}
    return line(span(f"{its.glyph} ", its.style), span(state, MUTED if quiet else its.style))


def health_cell(row: StatusRow) -> Line:
    """One glyph per placement up to eight, else a count: what passes, what fails, what is not seen."""
    places = row["placements"]
    passing = sum(place["health"] == "passing" for place in places)
    if len(places) > 8:
        return line(span(f"{passing}/{len(places)} passing", GOOD if passing == len(places) else WARN))
    return line(*(placement_glyph(p["state"], p["health"], p["unreachable"]) for p in places))


def placement_glyph(state: str, health: str, unreachable: bool) -> Segment:
    """One placement in one cell."""
    if unreachable:
        return span("?", WARN)
    if state == "running":
        return span("●", GOOD) if health == "passing" else span("▲", BAD) if health == "failing" else span("○", MUTED)
    its = look(state)
    return span(its.glyph, its.style)


def _waits(row: StatusRow, now: datetime) -> Line:
    if not row["waits"]:
        return _conditions(row)
    first = row["waits"][0]
    more = f" +{len(row['waits']) - 1}" if len(row["waits"]) > 1 else ""
    waited = age(first["since"], now)
    return line(
        span(first["reason"], WARN),
        span(f" {waited}" if waited else "", MUTED),
        span(more, MUTED),
        span(f"  {first['message']}", FAINT),
    )


def _conditions(row: StatusRow) -> Line:
    """What is to be known of it besides its state, where nothing waits."""
    said = [f"{row['pending']} pending: deploy the same version"] if row.get("pending") else []
    said += [f"still runs on {', '.join(row['orphans'])}"] if row.get("orphans") else []
    said += [f"{mark['version']} is bad: {mark['reason']}" for mark in row["bad"][:1]]
    return line(span(" · ".join([*row.get("violations", []), *said]), FAINT))
