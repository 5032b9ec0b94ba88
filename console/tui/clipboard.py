"""Copying: by the desktop's own program where there is one, and by the escape sequence OSC 52, which reaches
the clipboard of the terminal through SSH and, wrapped for it, through tmux and screen."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Mapping

PROGRAMS = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
)
MOST_BYTES = 74_000  # what terminals take in one sequence


def sequence(text: str, environ: Mapping[str, str]) -> str:
    """What a terminal is sent to put ``text`` on its clipboard."""
    data = base64.b64encode(text.encode("utf-8", "replace")[:MOST_BYTES]).decode()
    plain = f"\x1b]52;c;{data}\x07"
    if environ.get("TMUX"):
        return "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY"):
        return "\x1bP" + plain + "\x1b\\"
    return plain


def program(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The desktop's own program; none over SSH: it would be the other machine's clipboard."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return ()
    return next((command for name, command in PROGRAMS if environ.get(name) and shutil.which(command[0])), ())


def hand_over(text: str, command: tuple[str, ...]) -> bool:
    """Runs the program; whether it took the text."""
    try:
        done = subprocess.run(command, input=text.encode(), timeout=2, check=False, capture_output=True)  # noqa: S603 - the programs named above
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
