"""Times as the protocol writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def when(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
