"""The one action that would move something most, done in place: the engine names it as a command, and here
the command becomes the console's own dialog for it, with the same question before the deed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.tui.action import Aim
from console.tui.actions import BY_ID
from console.tui.blocked import blocked
from console.tui.render.footer import Notice

if TYPE_CHECKING:
    from console.tui.app import Console

VERBS = {
    "approve": "approve", "reject": "reject", "abort": "abort", "cancel": "cancel", "retry": "retry",
    "expedite": "expedite", "override": "override", "hold": "hold", "release": "hold", "pause": "pause",
    "resume": "pause", "rollback": "rollback", "deploy": "deploy", "clear-bad": "clear_bad",
    "promote": "promote", "hook": "hook", "restart": "restart", "remove": "remove", "cordon": "cordon",
    "uncordon": "cordon", "drain": "drain", "retire": "retire", "unretire": "retire",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doing:
    """``action`` is one of the registry's; ``subject`` a change's id or SERVICE@ENV; for a deploy
    ``line`` is what to queue."""

    action: str
    subject: str
    line: str = ""


def understood(command: str) -> Doing | None:
    """What a command means here; None if the console has no dialog for it."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if len(words) < 2 or words[0] != "interlock" or words[1] not in VERBS:
        return None
    rest = [word for word in words[2:] if not word.startswith("-")]
    if words[1] == "deploy":
        line = " ".join(word for word in rest if "=" in word)
        return Doing("deploy", "", line) if line else None
    subject = rest[0] if rest else ""
    if words[1] in {"pause", "resume"} and not subject:
        return Doing("pause_engine", "")
    return Doing(VERBS[words[1]], subject) if subject else None


async def do(console: Console, wanted: Doing) -> None:
    """Opens the dialog, or pulls the brake; says why not where it cannot be."""
    from console.tui.deeds import deploy_line

    if wanted.action == "deploy":
        if said := deploy_line(console, wanted.line):
            console.say(Notice(said, "refused"))
        return
    action = BY_ID[wanted.action]
    aim = _aim(console, wanted.subject)
    if why_not := blocked(action, aim):
        console.say(Notice(f"{action.name}: {why_not}", "refused"))
    elif action.id in {"pause", "pause_engine"} and action.request is not None:
        console.send(action.request(aim))
    else:
        opening = console.deed(action, aim)
        if opening is not None:
            await opening


def _aim(console: Console, subject: str) -> Aim:
    change = console.picture.change(subject)
    if change is not None:
        return console.aim_at_change(subject)
    if any(host["host"] == subject for host in console.picture.hosts):
        return console.aim_at_host(subject)
    service, _, where = subject.partition("@")
    if where in console.picture.environments:
        console.session.environment = where
    return console.aim(service)
