"""The line that tells a change: who asked for what, when, how it stands and how far it is."""

from __future__ import annotations

from datetime import datetime

from console.tui.render.card import bar
from console.tui.render.line import Line, line, span, spread
from console.tui.render.palette import ACCENT, BAD, FAINT, GOOD, MUTED, RULE, STRONG, TEXT, WARN, change_look
from console.tui.render.times import age, duration, parse, took
from engine.api.protocol import ChangeView

WIDE = 100  # columns from which on there is room for when it ends


def ends_in(change: ChangeView, now: datetime) -> str:
    """How long until the change is expected to end; "" if nobody can tell."""
    end = parse(change["forecast"]["end"])
    return "" if end is None or change["finished"] else duration((end - now).total_seconds())


def title(change: ChangeView, now: datetime, width: int) -> list[Line]:
    """Who asked for what, when, and how it stands."""
    its = change_look(change["state"])
    done = sum(item["done"] for item in change["items"])
    total = sum(item["total"] for item in change["items"])
    full, empty = bar(done, total, 20 if width >= 100 else 10)
    bad = change["state"] in {"failed", "reverting", "reverted"}
    left = line(
        span(f" change {change['id']} ", STRONG),
        span(f"{its.glyph} {change['state']}", its.style),
        span(f"  {change['environment']}", ACCENT),
        span("  rollback" if change["kind"] == "rollback" else "", WARN),
        span(f"  by {change['requested_by']} {age(change['created'], now)} ago", MUTED),
        span(f"  {change['reason']}", FAINT),
    )
    lasted = took(change["started"], change["finished"], now)
    left_s = ends_in(change, now)
    ending = " · ".join(filter(None, (lasted, f"ends in {left_s}" if left_s and width >= WIDE else "")))
    right = line(
        span(full, BAD if bad else GOOD if done == total else ACCENT),
        span(empty, RULE),
        span(f" {done}/{total} ", TEXT),
        span(f" {ending} " if ending else "", MUTED),
    )
    return [spread(left, right, width)]
