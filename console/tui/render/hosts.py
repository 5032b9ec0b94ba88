"""Hosts by failure domain: whether each answers, how fast, and what is placed on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from console.tui.picture import Picture
from console.tui.render.filters import host_matches
from console.tui.render.line import Line, fit, line, span
from console.tui.render.palette import FAINT, MUTED, STRONG, TEXT, WARN
from console.tui.render.services import placement_glyph, state_cell
from console.tui.render.table import Column, Row, Table, cells, head, widths
from engine.api.protocol import HostView

COLUMNS = (
    Column("host", 16, share=1, limit=26),
    Column("state", 13),
    Column("answers in", 10, right=True),
    Column("address", 15, least=100),
    Column("services", 20, share=6),
)


def hosts_table(picture: Picture, environment: str, query: str, now: datetime, width: int) -> Table:
    """The hosts of one environment, a heading per failure domain."""
    del now  # hosts have no ages yet
    sized = widths(COLUMNS, width)
    hosts = [h for h in picture.hosts if h["environment"] == environment and host_matches(query, h)]
    rows: list[Row] = []
    domain = None
    for host in sorted(hosts, key=lambda host: (host["domain"], host["host"])):
        if host["domain"] != domain:
            domain = host["domain"]
            same = [h for h in hosts if h["domain"] == domain]
            up = sum(h["state"] == "up" for h in same)
            style = MUTED if up == len(same) else WARN
            rows.append(Row("", partial(line, span(f" {domain} ", STRONG), span(f"{up} of {len(same)} up", style))))
        rows.append(Row(host["host"], partial(_cells, host, sized, picture)))
    empty = f"no host matches /{query}; esc clears the filter" if query else f"no hosts in {environment}"
    return Table(head(sized), tuple(rows), empty)


def _cells(host: HostView, sized: Sequence[tuple[Column, int]], picture: Picture) -> Line:
    return cells(sized, _values(host, picture))


def _values(host: HostView, picture: Picture) -> dict[str, Line]:
    state = state_cell(host["state"])
    if host["state"] == "up" and not host["fenced"]:
        state = line(span("○ unfenced", WARN))
    if kept := host.get("maintenance"):
        state = line(span(f"▪ {kept['upkeep']}{'' if kept['emptied'] or kept['upkeep'] == 'cordoned' else ' …'}", WARN))
    late = host["latency_ms"]
    warning = host["reason"] or host.get("clock_warning", "")
    note = line(span(warning, WARN)) if warning else _services(host, picture)
    return {
        "host": line(span(f"  {host['host']}", TEXT)),
        "state": state,
        "answers in": line(span("–" if late is None else f"{late:.0f} ms", MUTED)),
        "address": line(span(host["address"], FAINT)),
        "services": note,
    }


def _services(host: HostView, picture: Picture) -> Line:
    parts = []
    for name, place in picture.placed(host):
        parts += [placement_glyph(place["state"], place["health"], place["unreachable"]), span(f" {name}   ", MUTED)]
    return tuple(parts)


def host_pane(picture: Picture, name: str, width: int, height: int) -> list[Line]:
    """What runs on the host under the cursor."""
    host = next((host for host in picture.hosts if host["host"] == name), None)
    if host is None:
        return []
    found = [
        line(
            span(f" {host['host']}", STRONG), "  ", *state_cell(host["state"]),
            span(f"  {host['domain']}  {host['address']}", FAINT), span(f"  {host['reason']}", WARN),
        )
    ]  # fmt: skip
    if kept := host.get("maintenance"):
        why = f": {kept['reason']}" if kept["reason"] else ""
        empty = ", nothing runs there any more" if kept["emptied"] else ""
        found.append(line(span(f" {kept['upkeep']} by {kept['by']}{why}{empty}", WARN)))
    for service, place in picture.placed(host):
        found.append(
            line(
                " ",
                placement_glyph(place["state"], place["health"], place["unreachable"]),
                " ",
                fit(service, 18, TEXT),
                fit(place["version"] or "–", 14, MUTED),
                span(place["detail"] or (place["health"] if place["state"] == "running" else place["state"]), FAINT),
            )
        )
    return found[:height]
