"""Host ranges: ``web-[01-12].eu-b`` stands for twelve names, counted with leading zeros."""

from __future__ import annotations

import re

MAX_RANGE = 10_000

_RANGE = re.compile(r"\[(\d{1,9})-(\d{1,9})\]", re.ASCII)
_IPV4 = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}\.\d{1,9}\Z", re.ASCII)


class RangeError(ValueError):
    """A range that cannot be meant; the message is a phrase."""


def expand(text: str) -> tuple[str, ...]:
    """The names that ``text`` stands for; itself alone if it holds no range."""
    if "[" not in text and "]" not in text:
        return (text,)
    found = _RANGE.findall(text)
    if len(found) != 1 or text.count("[") != 1 or text.count("]") != 1:
        raise RangeError("expected one range such as [01-12]")
    first, last = found[0]
    if int(last) < int(first):
        raise RangeError(f"the range ends at {last}, before it begins at {first}")
    if int(last) - int(first) >= MAX_RANGE:
        raise RangeError(f"the range holds more than {MAX_RANGE:,} names")
    if first.startswith("0") and len(first) > 1 and len(first) != len(last):
        raise RangeError(f"{first} and {last} must have the same number of digits")
    width = len(first) if first.startswith("0") else 0
    before, after = _RANGE.split(text)[0], _RANGE.split(text)[-1]
    return tuple(f"{before}{number:0{width}d}{after}" for number in range(int(first), int(last) + 1))


def expand_address(text: str) -> tuple[str, ...]:
    """Like ``expand``; numbers of an IPv4 address lose the leading zeros that names keep."""
    return tuple(
        ".".join(str(int(part)) for part in address.split(".")) if _IPV4.match(address) else address
        for address in expand(text)
    )
