"""Near names for a mistyped one: every "no such service" ends with what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """At most ``count`` of ``known`` that resemble ``name``, best first."""
    return tuple(difflib.get_close_matches(name, sorted(known), n=count, cutoff=0.5))


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """A sentence's end: the near names, or all of them if they are few and none is near."""
    names = sorted(known)
    near = nearest(name, names)
    if near:
        return f"did you mean {' or '.join(near)}?"
    if not names:
        return f"there is no {what}"
    return f"known: {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"
