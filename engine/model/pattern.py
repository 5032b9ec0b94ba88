"""Patterns of evidence: regular expressions that must match a whole value, kept from running
away. Python's engine backtracks, and a careless pattern takes exponential time on a hostile
value: repetition inside repetition, and too many of them, are refused when the inventory is
read, and values are short.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_PATTERN = 200
MAX_VALUE = 100
# What a pattern may cost: every repetition multiplies the ways to try by the value's length,
# every choice (? or |) by two.
REPEAT_COST = 4
CHOICE_COST = 1
MAX_COST = 16

_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?::|P<\w+>)|\(\?|[()|]|[*+]\??|\{\d*,?\d*\}\??|\?|.", re.DOTALL
)


def problem_with_pattern(pattern: str) -> str | None:
    """Why a pattern cannot be used, as a phrase; None if it can."""
    if len(pattern) > MAX_PATTERN:
        return f"has {len(pattern)} characters; at most {MAX_PATTERN} are allowed"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    return _runs_away(pattern)


@lru_cache(maxsize=4096)
def matches(pattern: str, value: str) -> bool:
    """Whether the whole of ``value`` matches; too long a value matches nothing."""
    return len(value) <= MAX_VALUE and re.fullmatch(pattern, value) is not None


def _runs_away(pattern: str) -> str | None:
    """What could make matching take very long: a phrase, or None."""
    cost = 0
    groups = [False]  # for each open group, whether what it matches can vary in length
    closed = False  # whether that is so of the group that has just ended
    for piece in _PIECE.findall(pattern):
        if piece == "(?":
            return "uses (?...): only plain groups, (?:...) and (?P<name>...) are allowed"
        if re.fullmatch(r"\\[1-9]", piece):
            return f"refers back ({piece}), which is not allowed"
        if piece == ")":
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
            continue
        if piece.startswith("("):
            groups.append(False)
        elif _is_counted(piece):
            if closed and piece != "?":
                return "repeats a group that holds a repetition or an alternative, which can take for ever"
            groups[-1] = groups[-1] or _varies(piece)
            cost += (CHOICE_COST if piece == "?" else REPEAT_COST) if _varies(piece) else 0
        elif piece == "|":
            groups[-1] = True
            cost += CHOICE_COST
        closed = False
    return "holds too many repetitions and alternatives" if cost > MAX_COST else None


def _is_counted(piece: str) -> bool:
    """Whether it says how often what is before it occurs."""
    return piece[0] in "*+?" or (piece[0] == "{" and len(piece) > 1)


def _varies(piece: str) -> bool:
    """Whether what is before it may occur a varying number of times."""
    return piece[0] in "*+?" or "," in piece
