"""Waits: what holds something, for how long, and what a person could do about it."""

from __future__ import annotations

from collections.abc import Iterable

from console.cli.render.times import age, clock, with_local_times
from engine.api.protocol import WaitView
from engine.model.text import printable


def wait_lines(waits: Iterable[WaitView], indent: str = "") -> list[str]:
    """One line for each wait, and one for its way out where there is one."""
    lines = []
    for wait in waits:
        since = age(wait["since"])
        notes = [f"for {since}"] if since else []
        if wait["until"]:
            notes.append(f"until {clock(wait['until'])}")
        if wait["owner"]:
            notes.append(f"from {printable(wait['owner'])}")
        note = f" ({', '.join(notes)})" if notes else ""
        subject, message = printable(wait["subject"]), with_local_times(printable(wait["message"]))
        lines.append(f"{indent}{subject} waits, {printable(wait['reason'])}{note}: {message}")
        if wait["unblock"]:
            lines.append(f"{indent}    to move it: {printable(wait['unblock'])}")
    return lines


def wait_summary(waits: Iterable[WaitView]) -> str:
    """The reasons, each once, for a table's cell."""
    return ", ".join(dict.fromkeys(wait["reason"] for wait in waits))
