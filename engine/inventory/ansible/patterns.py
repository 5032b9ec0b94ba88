"""Ansible's host patterns: ``web[01:50].example.org``, ``db-[a:f]``, ``[2001:db8::1]:22``."""

from __future__ import annotations

import itertools
import re
import string

from engine.inventory.ranges import RangeError

MAX_NAMES = 10_000
_RANGE = re.compile(r"\[([0-9]+|[a-zA-Z]):([0-9]+|[a-zA-Z])(?::([0-9]+))?\]", re.ASCII)
_IPV6 = re.compile(r"\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::([0-9]+))?\Z", re.ASCII)
_PORT = re.compile(r"([^:]+):([0-9]+)\Z", re.ASCII)


def expand_pattern(text: str) -> tuple[tuple[str, ...], str]:
    """The names that ``text`` stands for, and the port that it ends with or "".

    Raises RangeError with a phrase.
    """
    ipv6 = _IPV6.match(text)
    if ipv6 and not _RANGE.fullmatch(text.partition("]")[0] + "]"):
        return (ipv6.group(1),), ipv6.group(2) or ""
    parts = _RANGE.split(text)
    rest = "".join(parts[0::4])
    if "[" in rest or "]" in rest:
        raise RangeError("expected ranges such as [01:12] or [a:f]")
    port = ""
    if match := _PORT.match(parts[-1]) if len(parts) > 1 else _PORT.match(text):
        parts[-1], port = match.group(1), match.group(2)
    elif len(parts) > 1 and re.fullmatch(r":[0-9]+", parts[-1]):
        parts[-1], port = "", parts[-1][1:]
    choices: list[tuple[str, ...]] = [(parts[0],)]
    count = 1
    for index in range(1, len(parts), 4):
        some = _between(*parts[index : index + 3])
        count *= len(some)
        if count > MAX_NAMES:
            raise RangeError(f"the ranges stand for more than {MAX_NAMES:,} names")
        choices += [some, (parts[index + 3],)]
    return tuple("".join(each) for each in itertools.product(*choices)), port


def _between(first: str, last: str, step: str | None) -> tuple[str, ...]:
    every = int(step or 1)
    if every < 1:
        raise RangeError("a step of 0 leads nowhere")
    if first.isdigit() and last.isdigit():
        if len(first) > 9 or len(last) > 9 or int(last) < int(first):
            raise RangeError(f"the range ends at {last[:12]}, before it begins at {first[:12]}")
        if (int(last) - int(first)) // every >= MAX_NAMES:
            raise RangeError(f"the range holds more than {MAX_NAMES:,} names")
        width = len(first) if first.startswith("0") else 0
        if width > 1 and len(last) != width:
            raise RangeError(f"{first} and {last} must have the same number of digits")
        return tuple(f"{number:0{width}d}" for number in range(int(first), int(last) + 1, every))
    letters = string.ascii_letters
    if first.isdigit() or last.isdigit() or letters.index(last) < letters.index(first):
        raise RangeError(f"expected a range from a lower to a higher number or letter, found {first}:{last}")
    return tuple(letters[letters.index(first) : letters.index(last) + 1 : every])
