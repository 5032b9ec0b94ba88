"""What a host is, has and lacks: asked by ``doctor``, before anyone relies on the host."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from engine.drivers.wire import lines, read, unreadable
from engine.model.inspection import BaseFolder, Inspection
from engine.model.remote import Command, Reply


def inspect(bases: Iterable[str], users: Iterable[str]) -> Command:
    """Inspect a host: these base folders, and whether it knows these users. Changes nothing."""
    pairs = [*(("base", base) for base in sorted(bases)), *(("user", user) for user in sorted(users))]
    return Command("inspect", stdin=lines(pairs), timeout_s=20.0)


def parse_inspect(reply: Reply) -> Inspection:
    """Read the answer to ``inspect``. Raises AnswerUnreadable."""
    answer = read(reply)
    bases: list[dict[str, str]] = []
    for key, value in answer.pairs:
        if key == "base":
            bases.append({})
        if key in ("base", "folder", "writable", "free", "inodes") and bases:
            bases[-1][key] = value
    if not answer.get("boot") or not answer.get("uid").isdecimal():
        raise unreadable(reply, "no boot id or no uid")
    return Inspection(
        boot_id=answer.get("boot"),
        clock_s=_number(answer.get("clock")),
        login=answer.get("login"),
        uid=int(answer.get("uid")),
        kernel=answer.get("kernel"),
        tools=frozenset(answer.all("tool")),
        has_systemd=answer.get("init") == "systemd",
        bases=tuple(_base(found) for found in bases),
        users=frozenset(answer.all("user")),
    )


def _base(found: dict[str, str]) -> BaseFolder:
    return BaseFolder(
        found["base"],
        found.get("folder", ""),
        found.get("writable") == "yes",
        int(_number(found.get("free", "-1"))),
        int(_number(found.get("inodes", "-1"))),
    )


def _number(text: str) -> float:
    """-1 for what is none, or none that can be counted with."""
    try:
        found = float(text)
    except ValueError:
        return -1.0
    return found if isfinite(found) else -1.0
