"""What a hostile host may report, and a board in which it does."""

from __future__ import annotations

from typing import Any

PAYLOADS = [
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]0;pwned\x1b\\",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31m\x90payload\x9c",
    "[/bold][@click=app.quit]quit[/]",
    "a\nb\rc\td\x00e\x7f",
    "\u202eesrever\u202c\u200b",
    "\ud800",
    "名前" * 40,
]


def poison(value: Any, payload: str) -> Any:
    """Every text that a host or another person may have written, with the payload in it."""
    if isinstance(value, dict):
        keys = {"version", "detail", "failure", "reason", "message", "unblock", "owner", "requested_by", "team"}
        return {
            k: f"{payload}{v}" if k in keys and isinstance(v, str) else poison(v, payload) for k, v in value.items()
        }
    if isinstance(value, list):
        return [f"{payload}{v}" if isinstance(v, str) else poison(v, payload) for v in value]
    return value
