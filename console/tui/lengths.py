"""Lengths of time as people type them: ``90s``, ``30m``, ``1h30m``, ``2d``."""

from __future__ import annotations

import re

UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def seconds(text: str) -> float | None:
    """The length in seconds, None if it is none."""
    text = text.strip().lower()
    if not text or PART.sub("", text):
        return None
    total = sum(float(number) * UNITS_S[unit] for number, unit in PART.findall(text))
    return total or None
