"""Instances and hosts as tables."""

from __future__ import annotations

from collections.abc import Sequence

from console.cli.render.table import table
from console.cli.render.waits import wait_lines, wait_summary
from engine.api.protocol import HostView, PlacementView, StatusRow

NONE = "-"


def status_text(rows: Sequence[StatusRow], detailed: bool) -> str:
    """The table; with ``detailed`` also each instance's placements. What waits is below."""
    if not rows:
        return "no services"
    parts = [table(("SERVICE", "ENV", "STATE", "CURRENT", "TARGET", "DESIRED", "HEALTHY", "TEAM", "WAITS"),
                   [_row(row) for row in rows])]  # fmt: skip
    for row in rows if detailed else ():
        parts.append("")
        parts.append(f"{row['service']}@{row['environment']}")
        parts.append(
            table(
                ("HOST", "DOMAIN", "VERSION", "STATE", "HEALTH", "DETAIL"),
                [_placement(placement) for placement in row["placements"]],
                indent="  ",
            )
        )
    waits = dict.fromkeys("\n".join(wait_lines([wait])) for row in rows for wait in row["waits"])
    return "\n".join([*parts, "", *waits] if waits else parts)


def _row(row: StatusRow) -> tuple[str, ...]:
    healthy = sum(placement["health"] == "passing" and not placement["unreachable"] for placement in row["placements"])
    return (
        row["service"],
        row["environment"],
        row["state"],
        _current(row["current"]),
        row["target"] or NONE,
        row["desired"] or NONE,
        f"{healthy}/{len(row['placements'])}",
        row["team"],
        wait_summary(row["waits"]),
    )


def _current(current: dict[str, int]) -> str:
    if len(current) == 1:
        return next(iter(current))
    return ", ".join(f"{version} x{count}" for version, count in current.items()) or NONE


def _placement(placement: PlacementView) -> tuple[str, ...]:
    state = "unreachable" if placement["unreachable"] else placement["state"]
    return (
        placement["host"],
        placement["domain"],
        placement["version"] or NONE,
        state,
        placement["health"],
        placement["detail"],
    )


def hosts_text(hosts: Sequence[HostView]) -> str:
    """Hosts as a table; why one does not answer stands in its row."""
    rows = [
        (
            host["host"],
            host["environment"],
            host["domain"],
            host["state"] + ("" if host["fenced"] or host["state"] != "up" else ", unfenced"),
            NONE if host["latency_ms"] is None else f"{host['latency_ms']:.0f} ms",
            str(len(host["placements"])),
            host["reason"],
        )
        for host in hosts
    ]
    return table(("HOST", "ENV", "DOMAIN", "STATE", "LATENCY", "PLACEMENTS", "REASON"), rows) or "no hosts"
