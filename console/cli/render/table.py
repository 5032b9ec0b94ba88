"""Aligned columns. Every cell is cleaned here, so that no caller can forget it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from engine.model.text import printable

GAP = "  "


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """The rows under their headers; columns that hold nothing at all are left out."""
    cells = [[printable(cell) for cell in row] for row in rows]
    columns = [n for n in range(len(headers)) if any(row[n] for row in cells)]
    if not cells:
        return ""
    lines = [[headers[n] for n in columns], *([row[n] for n in columns] for row in cells)]
    widths = [max(width(line[n]) for line in lines) for n in range(len(columns))]
    return "\n".join(
        indent + GAP.join(cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def width(text: str) -> int:
    """The columns of a terminal that ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
