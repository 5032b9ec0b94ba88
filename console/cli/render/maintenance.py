"""Hosts under maintenance, and what would be touched, in words."""

from __future__ import annotations

from console.cli.render.times import age
from console.cli.render.waits import wait_lines
from engine.api.protocol import HostView, TouchView
from engine.model.text import printable


def touch_text(view: TouchView) -> str:
    """What a request would touch, let go, give up, and wait for."""
    lines = [printable(view["message"])]
    lines += [f"    {printable(placement)}" for placement in view["placements"]]
    if view["gives_up"]:
        lines.append("in flight, and given up:")
        lines += [f"    {printable(step)}" for step in view["gives_up"]]
    if view["lets_go"]:
        lines.append("and at once:")
        lines += [f"    change {each['change']}: {each['service']} {each['state']}" for each in view["lets_go"]]
    if view["waits"]:
        lines += ["it would wait:", *wait_lines(view["waits"], "    ")]
    return "\n".join(lines)


def maintenance_text(host: HostView) -> str:
    """``drained by ana 5m ago: kernel``; "" for a host that takes part as it should."""
    found = host.get("maintenance")
    if not found:
        return ""
    what = found["upkeep"]
    if what != "cordoned" and not found["emptied"]:
        what = {"drained": "draining", "retired": "retired, not yet empty"}[what]
    reason = f": {found['reason']}" if found["reason"] else ""
    return printable(f"{what} by {found['by']} {age(found['since'])} ago{reason}")
