"""The DORA figures as a table: teams, then services where they are asked for, then all together."""

from __future__ import annotations

from console.cli.render.table import table
from console.cli.render.times import span
from engine.api.protocol import DoraView, FiguresView

HEADERS = ("", "DEPLOYMENTS", "A DAY", "LEAD TIME", "FAILED", "FAILURE RATE", "RESTORED IN", "NOT MENDED")


def metrics_text(found: DoraView, *, services: bool) -> str:
    """Groups in which nothing ended are left out."""
    teams = [_row(each, f"team {each['name']}") for each in found["teams"] if _has_any(each)]
    own = [_row(each, each["name"]) for each in found["services"] if services and _has_any(each)]
    over = f"{found['environment']}, the last {found['days']:g} days"
    if not _has_any(found["all"]):
        return f"nothing was deployed in {over}"
    return f"{over}\n\n" + table(HEADERS, [*teams, *own, _row(found["all"], "all")])


def _has_any(each: FiguresView) -> bool:
    return bool(each["deployments"] or each["failures"])


def _row(each: FiguresView, name: str) -> tuple[str, ...]:
    rate = each["failure_rate"]
    return (
        name,
        str(each["deployments"]),
        f"{each['per_day']:.2f}",
        _length(each["lead_time_s"]),
        str(each["failures"]),
        "" if rate is None else f"{100 * rate:.0f}%",
        _length(each["restore_s"]),
        str(each["broken"]) if each["broken"] else "",
    )


def _length(seconds: float | None) -> str:
    return "" if seconds is None else span(seconds)
