"""The end of every "no such ...": what may have been meant, or what there is."""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.text import near

SHOWN = 10


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """The near names as a question; without any, the names there are (``what`` in the singular)."""
    names = sorted(known)
    found = near(name, names)
    if found:
        return f"did you mean {' or '.join(found)}?"
    if not names:
        return f"there is no {what}"
    return f"known: {', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''}"
