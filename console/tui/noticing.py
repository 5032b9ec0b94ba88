"""What became of my changes since the last picture, as sentences: for whoever looks elsewhere meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping

from console.tui.picture import FINISHED, Picture
from engine.api.protocol import ChangeView
from engine.model.text import printable

NEEDS_ME = frozenset({"ApprovalRequired", "EvidenceRequired", "HookUnknown", "HealFailed", "FailedEarlier", "Lockstep"})


def news(before: Picture, after: Picture) -> list[str]:
    """A sentence for each change of mine that ended, or that somebody has to do something about."""
    me = after.engine["you"] if after.engine else ""
    former = {change["id"]: change for change in before.changes}
    said = []
    for change in after.changes:
        was = former.get(change["id"])
        if me and change["requested_by"] == me and was is not None:
            said += _of(was, change)
    return said


def _of(was: ChangeView, now: ChangeView) -> list[str]:
    what = f"change {now['id']} ({', '.join(item['service'] for item in now['items'])})"
    if now["state"] != was["state"] and (now["state"] in FINISHED or now["state"] in {"paused", "reverting"}):
        return [f"{what}: {now['state']}"]
    asked = {wait["reason"] for wait in now["waits"]} - {wait["reason"] for wait in was["waits"]}
    return [f"{what} needs somebody: {', '.join(sorted(asked & NEEDS_ME))}"] if asked & NEEDS_ME else []


def signal(text: str, how: str, environ: Mapping[str, str] = os.environ) -> str:
    """What a terminal is sent: a bell, or a notification (OSC 9), wrapped for tmux; "" for off."""
    if how == "bell":
        return "\x07"
    if how != "osc9":
        return ""
    plain = f"\x1b]9;{printable(text)[:200]}\x07"
    return "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\" if environ.get("TMUX") else plain
