"""Points in time as an operator types them: ``2026-11-24T18:00Z``, ``18:00``, or ``30m`` from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

import click

from console.cli.render.times import Duration

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")


class Moment(click.ParamType[str]):
    """A time as RFC 3339 in UTC. One without an offset is local; a time of day is the next one."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = read_moment(str(value), datetime.now(UTC).astimezone())
        if found is None:
            text = "is no time such as 2026-11-24T18:00Z, 18:00 or 30m (from now)"
            self.fail(f"{str(value)[:80]!r} {text}", param, ctx)
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Past(click.ParamType[str]):
    """A time that was, as RFC 3339 in UTC: a time, or how long ago."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).removesuffix(" ago")
        if not text:
            return ""
        now = datetime.now(UTC).astimezone()
        try:
            found: datetime | None = now - timedelta(seconds=Duration().convert(text, None, None))
        except (click.BadParameter, OverflowError):
            found = read_moment(text, now)
        if found is None:
            self.fail(f"{text[:80]!r} is no time such as 2026-11-24T18:00Z, 18:00 or 2d (ago)", param, ctx)
        if _TIME.match(text) and found > now:
            found -= timedelta(days=1)  # the latest one
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_moment(text: str, now: datetime) -> datetime | None:
    """The time meant at ``now`` (local time, with its zone); None if it is none."""
    if match := _TIME.match(text):
        at = datetime.combine(now.date(), time(int(match.group(1)), int(match.group(2))))
        local = at.replace(tzinfo=now.tzinfo)
        return local if local > now else local + timedelta(days=1)
    try:
        return now + timedelta(seconds=Duration().convert(text, None, None))
    except (click.BadParameter, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.astimezone()
    except (ValueError, OverflowError, OSError):
        return None
