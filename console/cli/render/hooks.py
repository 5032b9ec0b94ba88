"""Hooks of a change: what ran where, how it ended, and what a person should know of it."""

from __future__ import annotations

from console.cli.render.table import table
from engine.api.protocol import ChangeView
from engine.model.text import printable

LOG_LINES = 5


def hook_lines(change: ChangeView) -> list[str]:
    """A table of the runs, the last lines of those that went wrong, and the warnings."""
    runs = change.get("hooks", [])
    if not runs:
        return []
    rows = [
        (
            run["hook"],
            run["service"],
            run["host"],
            run["on"] if run["on"] != run["host"] else "",
            run["state"],
            str(run["attempt"]) if run["attempt"] > 1 else "",
            run["detail"],
        )
        for run in runs
    ]
    lines = ["", table(("HOOK", "SERVICE", "HOST", "ON", "STATE", "TRY", "DETAIL"), rows, indent="  ")]
    for run in runs:
        if run["state"] in ("failed", "unknown"):
            lines += [f"    {run['hook']} on {run['on']} | {printable(line)}" for line in run["log"][-LOG_LINES:]]
    return lines + [f"  warning: {printable(text)}" for text in change.get("warnings", [])]
