"""What became of a change's hooks: the ones that run, failed or whose end nobody knows, and every ``once`` hook,
a line each; the others, which did what they should, are only counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from console.tui.render.line import Line, crop, line, shorten, span, wrap
from console.tui.render.palette import BAD, FAINT, MUTED, TEXT, WARN, look
from console.tui.render.times import took
from engine.api.protocol import HookView

LOOKS = {"running": "rolling", "done": "done", "failed": "failed", "set aside": "cancelled", "withheld": "withheld"}


def hook_lines(hooks: Sequence[HookView], now: datetime, width: int) -> list[Line]:
    """The block of a change's hooks."""
    quiet = [each for each in hooks if each["state"] == "done" and each["hook"] != "once"]
    told = [each for each in hooks if each not in quiet]
    counted = Counter(each["hook"] for each in quiet)
    said = ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))
    head = line(span(" hooks", FAINT), span(f"  {said} done" if said else "", MUTED))
    return [head, *(row for each in told for row in _hook(each, now, width))]


def _hook(hook: HookView, now: datetime, width: int) -> list[Line]:
    """``? once of ledger on pay-eu-a1  unknown 2m10s``, why, and the last line that it wrote."""
    its = look(LOOKS.get(hook["state"], "unknown"))
    style = WARN if hook["state"] == "unknown" else its.style
    host = f" for {hook['host']}" if hook["host"] and hook["host"] != hook["on"] else ""
    attempt = f", attempt {hook['attempt']}" if hook["attempt"] > 1 else ""
    found = [
        crop(
            line(
                span(f" {its.glyph} ", style), span(hook["hook"], TEXT),
                span(f" of {hook['service']}{host} on {hook['on']}", MUTED), span(f"  {hook['state']}", style),
                span(f" {took(hook['started'], hook['finished'], now)}{attempt}", FAINT),
                span("  K says what became of it" if hook["state"] == "unknown" else "", MUTED),
            ),
            width,
        )
    ]  # fmt: skip
    if hook["state"] in {"failed", "unknown", "withheld"}:
        found += [line(span(f"     {row}", BAD)) for row in wrap(hook["detail"], max(10, width - 6)) if hook["detail"]]
        if hook["log"]:
            found.append(line(span(f"     {shorten(hook['log'][-1], width - 6)}", MUTED)))
    return found
