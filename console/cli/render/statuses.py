"""Instances and hosts as tables."""

from __future__ import annotations

from collections.abc import Sequence

from console.cli.render.maintenance import maintenance_text
from console.cli.render.table import table
from console.cli.render.times import age
from console.cli.render.waits import wait_lines, wait_summary
from engine.api.protocol import HostView, PlacementView, StatusRow
from engine.model.text import printable

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
        parts += _unlike_the_inventory(row)
        parts += _bad(row)
        parts += [f"  broken: {printable(said)}" for said in row.get("violations", ())]
        parts.append(
            table(
                ("HOST", "DOMAIN", "VERSION", "STATE", "HEALTH", "DETAIL"),
                [_placement(placement) for placement in row["placements"]],
                indent="  ",
            )
        )
    waits = dict.fromkeys("\n".join(wait_lines([wait])) for row in rows for wait in row["waits"])
    return "\n".join([*parts, "", *waits] if waits else parts)


def _bad(row: StatusRow) -> list[str]:
    """The versions that must not be deployed here, and why."""
    return [
        f"  {printable(bad['version'])} is bad in {bad['environment']} ({printable(bad['by'])}, {age(bad['at'])} ago): "
        f"{printable(bad['reason'])}"
        for bad in row["bad"]
    ]


def _unlike_the_inventory(row: StatusRow) -> list[str]:
    """What differs between the inventory and what was asked for, and what to do about it."""
    name = f"{row['service']}={row['desired']} -e {row['environment']}"
    said = {
        "configuration": f"  its configuration in the inventory is not the deployed one: interlock deploy {name}",
        "placements": f"  it has new placements in the inventory: interlock deploy {name}",
    }
    lines = [said[row["pending"]]] if row.get("pending") in said else []
    if orphans := row.get("orphans"):
        lines.append(
            f"  still seen on {', '.join(orphans)}, where the inventory does not place it: "
            f"interlock remove {row['service']}@{row['environment']}"
        )
    return lines


def _row(row: StatusRow) -> tuple[str, ...]:
    healthy = sum(placement["health"] == "passing" and not placement["unreachable"] for placement in row["placements"])
    return (
        row["service"],
        row["environment"],
        _state(row),
        _current(row["current"]),
        row["target"] or NONE,
        row["desired"] or NONE,
        f"{healthy}/{len(row['placements'])}",
        row["team"],
        wait_summary(row["waits"]),
    )


def _state(row: StatusRow) -> str:
    """The state, and what the inventory says that nobody has asked for yet."""
    pending = row.get("pending", "")
    orphans = len(row.get("orphans", ()))
    shown = f"{row['state']}: {pending}" if pending and row["state"] == "pending" else row["state"]
    shown += f" (pending: {pending})" if pending and row["state"] != "pending" else ""
    return f"{shown}, {orphans} orphan{'s' * (orphans != 1)}" if orphans else shown


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
        _detail(placement),
    )


def _detail(placement: PlacementView) -> str:
    """What differs and how it is healed, before what its check says."""
    differs = f"differs: {', '.join(placement.get('differs', ()))}" if placement.get("differs") else ""
    return "; ".join(filter(None, (differs, placement.get("heal", ""), placement["detail"])))


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
            maintenance_text(host) or "; ".join(filter(None, (host["reason"], host.get("clock_warning", "")))),
        )
        for host in hosts
    ]
    return table(("HOST", "ENV", "DOMAIN", "STATE", "LATENCY", "PLACEMENTS", "REASON"), rows) or "no hosts"
