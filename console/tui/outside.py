"""Out of the console for a while, into the operator's own pager or editor, and back."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from console.tui.action import Action, Aim
from console.tui.render.footer import Notice

if TYPE_CHECKING:
    from console.tui.app import Console


def pager(environ: Mapping[str, str]) -> list[str]:
    """The operator's pager."""
    return shlex.split(environ.get("PAGER") or "less")


def editor(environ: Mapping[str, str], file: Path, number: int) -> list[str]:
    """The operator's editor at a line; ``+N`` is what most of them take."""
    command = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "vi")
    return [*command, *([f"+{number}"] if number else []), str(file)]


def page(console: Console, action: Action, aim: Aim) -> None:
    """What the screen shows at length, in the pager."""
    lines = console.board_screen.paged()
    if not lines:
        console.say(Notice(f"{action.name}: there is nothing to page through here", "refused"))
        return
    with tempfile.NamedTemporaryFile("w", prefix="interlock-", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        _run(console, [*pager(os.environ), file.name])


def edit(console: Console, action: Action, aim: Aim) -> None:
    """The inventory, in the editor: at the finding under the cursor, if it is on one."""
    engine = console.newest.engine
    file, number = console.board_screen.place()
    where = Path(file or (engine["inventory"] if engine else ""))
    if not where.exists() or str(where) == ".":
        console.say(Notice(f"{action.name}: {where} is not on this machine", "refused"))
        return
    _run(console, editor(os.environ, where, number))


def _run(console: Console, command: Sequence[str]) -> None:
    try:
        with console.suspend():
            subprocess.run(command, check=False)  # noqa: S603 - the operator's own program
    except SuspendNotSupported:
        console.say(Notice("this terminal cannot be handed over", "refused"))
    except OSError as error:
        console.say(Notice(f"{command[0]} did not start: {error.strerror}", "failed"))
    console.refresh()
