"""Instants and durations as people read them. Times come as RFC 3339 text from the engine; ages are
always against a clock that is handed in."""

from __future__ import annotations

import re
from datetime import datetime

_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")


def parse(text: str | None) -> datetime | None:
    """The instant, or None where there is none or it cannot be read."""
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo is not None else None


def duration(seconds: float) -> str:
    """``8s``, ``4m10s``, ``3h05m``, ``2d4h``: two units at most."""
    total = max(0, int(seconds))
    if total < 60:
        return f"{total}s"
    if total < 3600:
        return f"{total // 60}m{total % 60:02d}s"
    if total < 86400:
        return f"{total // 3600}h{total % 3600 // 60:02d}m"
    return f"{total // 86400}d{total % 86400 // 3600}h"


def age(text: str | None, now: datetime) -> str:
    """How long ago the instant was, "" if there is none."""
    when = parse(text)
    return "" if when is None else duration((now - when).total_seconds())


def until(text: str | None, now: datetime) -> str:
    """When a wait clears, in words: never an empty place where a time would stand."""
    when = parse(text)
    if when is None:
        return "no set end"
    left = (when - now).total_seconds()
    return f"clears in {duration(left)}" if left > 0 else "clears now"


def with_local_times(text: str, now: datetime) -> str:
    """A sentence of the engine's with the instants in it (RFC 3339, UTC) in the zone of ``now``: the
    time of day, with the date where that is another day."""

    def told(found: re.Match[str]) -> str:
        when = datetime.fromisoformat(found[0]).astimezone(now.tzinfo)
        return f"{when:%H:%M:%S}" if when.date() == now.date() else f"{when:%a %d %b %H:%M:%S}"

    return _INSTANT.sub(told, text)


def clock(now: datetime) -> str:
    """The time of day with its zone."""
    return f"{now:%H:%M:%S} {now.tzname() or ''}".rstrip()


def took(start: str | None, end: str | None, now: datetime) -> str:
    """How long something lasted, or has lasted so far; "" if it has not begun."""
    first = parse(start)
    if first is None:
        return ""
    return duration(((parse(end) or now) - first).total_seconds())
