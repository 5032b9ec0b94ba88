"""Makes text that came from a host, an artifact or a person safe to keep and to show.

Terminals obey control characters and escape sequences (OSC 52 writes the clipboard, C1 works
without ESC), so none survives: applied where text comes in, and again where it is shown.
"""

from __future__ import annotations

import re

MAX_LINE = 500
MAX_LINES = 200

# CSI, OSC/DCS/APC/PM/SOS up to their terminator, two-character escapes; then what is left of C0, DEL, C1,
# and the characters that reorder or hide text.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean_line(text: str, limit: int = MAX_LINE) -> str:
    """``text`` as one printable line of at most ``limit`` characters; a cut is marked with an ellipsis."""
    text = _SEQUENCES.sub("", text[: limit * 8])
    text = _CONTROLS.sub("", re.sub(r"[\t\n]+", " ", text.replace("\r", "\n"))).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_lines(text: str, limit: int = MAX_LINES, line_limit: int = MAX_LINE) -> tuple[str, ...]:
    """The last ``limit`` lines of ``text``, each cleaned as by ``clean_line``; empty ones at the ends are left out."""
    lines = [clean_line(line, line_limit) for line in text.split("\n")[-limit - 1 :]]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return tuple(lines[-limit:])
