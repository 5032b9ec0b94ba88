"""Making the host script root's own, so that the login needs sudo for exactly that and no more."""

from __future__ import annotations

from engine.drivers.wire import read, unreadable
from engine.model.remote import Command, Reply


def install(login: str) -> Command:
    """Install the script as root's, and the line of sudoers that lets ``login`` run it."""
    return Command("install", (("login", login),), timeout_s=20.0)


def parse_install(reply: Reply) -> tuple[bool, str]:
    """Whether it was installed, and the line of sudoers, or why not. Raises AnswerUnreadable."""
    answer = read(reply)
    if answer.get("result") not in ("installed", "refused"):
        raise unreadable(reply, "no result of an installation")
    return answer.get("result") == "installed", answer.get("detail")
