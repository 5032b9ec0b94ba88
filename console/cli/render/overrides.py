"""What an override would let loose, in words."""

from __future__ import annotations

from console.cli.render.times import clock
from console.cli.render.waits import wait_lines
from engine.api.protocol import LetLooseView
from engine.model.text import printable


def let_loose_text(view: LetLooseView) -> str:
    """What is lifted, what then starts at once, and what holds the change all the same."""
    lines = [f"until {clock(view['until'])} this would lift:"]
    lines += [printable(f"    {wait['subject']}, {wait['reason']}: {wait['message']}") for wait in view["lifts"]]
    if not view["lifts"]:
        lines = [f"nothing waits for it now; it would hold until {clock(view['until'])}"]
    if view["starts"]:
        lines.append("and let loose at once:")
        lines += [printable(f"    {s['service']} {s['to']} (change {s['change']})") for s in view["starts"]]
    if view["still"]:
        lines += ["it would still be held:", *wait_lines(view["still"], "    ")]
    return "\n".join(lines)
