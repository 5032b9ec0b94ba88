"""Times and durations as an operator reads and types them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import click

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def age(moment: str | None, now: datetime | None = None) -> str:
    """How long ago an RFC 3339 time was: ``40s``, ``3m``, ``2h05m``, ``4d``; "" for None."""
    if moment is None:
        return ""
    seconds = int(((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds())
    return span(max(0, seconds))


def span(seconds: float) -> str:
    """A duration in its two largest units."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s" if whole < 600 and whole % 60 else f"{whole // 60}m"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02}h"


def clock(moment: str | None) -> str:
    """An RFC 3339 time as the local time of day, with the date if that is not today."""
    if not moment:
        return ""
    local = datetime.fromisoformat(moment).astimezone()
    today = datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%Y-%m-%d %H:%M:%S")


def with_local_times(text: str) -> str:
    """A sentence of the engine's with the instants in it (RFC 3339, UTC) as ``clock`` shows them."""
    return _INSTANT.sub(lambda found: clock(found[0]), text)


class Duration(click.ParamType[float]):
    """``500ms 10s 5m 1h30m 2d`` as seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value)
        parts = _PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            self.fail(f"{text!r} is not a duration such as 500ms, 10s, 5m, 1h30m or 2d", param, ctx)
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
