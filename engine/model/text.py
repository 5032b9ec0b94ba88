"""Text that came from elsewhere, made harmless; and names that are near to a mistyped one.

Whatever a host, an artifact's name or another operator supplied may hold escape sequences
that rewrite a terminal, fill a clipboard or reverse the reading order. It is cleaned when it
is taken in and again when it is shown, by the same function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# OSC, DCS, SOS, PM and APC run up to a terminator (or the end); CSI to its final byte; then the two-byte escapes.
_SEQUENCES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]).*?(?:\x07|\x1b\\|\x9c|\Z)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)


def printable(text: str, limit: int = 4096) -> str:
    """``text`` as one line that a terminal only prints: escape sequences and invisible
    characters go, other white space becomes a space, and ``limit`` characters at most stay."""
    if text.isascii() and text.isprintable():
        return text[:limit]
    text = _SEQUENCES.sub("", text[: limit * 4])
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)[:limit]


def printable_lines(text: str) -> str:
    """``text`` with its line breaks kept and each of its lines made ``printable``."""
    return "\n".join(printable(line.rstrip()) for line in text.splitlines())


def first_line(text: str) -> str:
    """The first line, made ``printable``: what a table's cell has room for."""
    return printable_lines(text).partition("\n")[0]


def near(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The names among ``known`` that ``name`` may have been meant to be, nearest first."""
    from difflib import get_close_matches  # loaded only when someone mistypes

    by_folded = {other.casefold(): other for other in sorted(known, reverse=True)}
    found = get_close_matches(name.casefold()[:200], list(by_folded), n=count, cutoff=0.55)
    return [by_folded[other] for other in found]


def did_you_mean(names: Iterable[str]) -> str:
    """`` (did you mean A or B?)`` with a leading space, or "" if there are none."""
    shown = [printable(name, 80) for name in names]
    return f" (did you mean {' or '.join(shown)}?)" if shown else ""
