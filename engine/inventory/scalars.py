"""The kinds of value an inventory holds: each reads one text and describes itself for editors.

A kind is an ``Annotated`` type for pydantic: its reader says in words what it expected and
what it found; its JSON Schema allows numbers and booleans where YAML for editors sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from engine.inventory.faults import quote
from engine.model.service import Amount

MAX_TEXT = 4096
MAX_NAME = 63
MAX_DURATION_TEXT = 40
MAX_DURATION_S = 366 * 86400

NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
NAME = re.compile(NAME_PATTERN.rstrip("$") + r"\Z", re.ASCII)
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?\Z", re.ASCII)
_UNITS_S = (86400.0, 3600.0, 60.0, 1.0, 0.001)


def problem(message: str) -> PydanticCustomError:
    """A fault with a finished sentence, to be raised inside a pydantic validator."""
    return PydanticCustomError("inventory", "{message}", {"message": message})


def describe(value: object) -> str:
    """What was found, for the end of a message."""
    if isinstance(value, str):
        return quote(value) if value else "nothing"
    return "a list" if isinstance(value, list) else "a mapping of keys"


def mismatch(expected: str, value: object) -> PydanticCustomError:
    """``expected X, found Y``."""
    return problem(f"expected {expected}, found {describe(value)}")


def problem_with_name(text: str) -> str | None:
    """Why a text may not be a name, as a phrase; None if it may. Names become folders,
    units and arguments on hosts."""
    if len(text) > MAX_NAME:
        return f"a name may have at most {MAX_NAME} characters"
    if not NAME.match(text):
        return "a name holds only letters, digits and . _ - and begins with a letter or digit"
    if ".." in text:
        return "a name holds no two dots in a row"
    return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise mismatch("text", value)
    stripped = value.strip()
    if not stripped:
        raise mismatch("text", "")
    return _line(stripped)


def _line(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise problem(f"expected at most {MAX_TEXT} characters, found {len(value):,}")
    if not value.isprintable() and not all(c == "\t" or c.isprintable() for c in value):
        raise mismatch("one line of printable text", value)
    return value


def _free(value: Any) -> str:
    if not isinstance(value, str):
        raise mismatch("text", value)
    return _line(value)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise mismatch("a name", value)
    wrong = problem_with_name(value)
    if wrong:
        raise problem(f"{quote(value)} is no name: {wrong}")
    return value


def _flag(value: Any) -> bool:
    if value not in ("true", "false"):
        raise mismatch("true or false", value)
    return bool(value == "true")


def duration_s(text: str) -> float | None:
    """Seconds of ``1h30m`` and the like; None if it is no duration."""
    return _seconds(text) if len(text) <= MAX_DURATION_TEXT else None


@lru_cache(maxsize=1024)  # a large inventory says "10s" ten thousand times
def _seconds(text: str) -> float | None:
    match = _DURATION.match(text)
    if text == "0":
        return 0.0
    if match is None or not text:
        return None
    # Added from the smallest unit up, as whole milliseconds: 0.1 s twice must be 0.2 s.
    parts = [int(part or 0) * round(unit * 1000) for part, unit in zip(match.groups(), _UNITS_S, strict=True)]
    return sum(parts) / 1000


def duration_text(seconds: float) -> str:
    """``seconds`` as an inventory writes them: ``1h30m``."""
    left, text = round(seconds * 1000), ""
    for unit, name in zip(_UNITS_S, ("d", "h", "m", "s", "ms"), strict=True):
        count, left = divmod(left, round(unit * 1000))
        text += f"{count}{name}" if count else ""
    return text or "0"


def _duration(value: Any) -> float:
    seconds = duration_s(value) if isinstance(value, str) else None
    if seconds is None:
        raise mismatch("a duration such as 500ms, 10s, 5m, 1h30m or 2d", value)
    if seconds > MAX_DURATION_S:
        raise mismatch("a duration of at most 366d", value)
    return seconds


def _positive_duration(value: Any) -> float:
    seconds = _duration(value)
    if seconds <= 0:
        raise mismatch("a duration longer than 0", value)
    return seconds


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, str) and 0 < len(value) <= 9 and value.isascii() and value.isdigit():
        number = int(value)
        if low <= number <= high:
            return number
    raise mismatch(f"a whole number from {low} to {high}", value)


def whole(low: int, high: int) -> Callable[[Any], int]:
    """A reader of whole numbers within bounds."""

    def read(value: Any) -> int:
        return _whole(value, low, high)

    return read


def _amount(value: Any) -> Amount:
    try:
        if isinstance(value, str) and value.endswith("%"):
            return Amount(_whole(value[:-1], 1, 100), percent=True)
        return Amount(_whole(value, 1, 1_000_000))
    except PydanticCustomError:
        raise mismatch("a count such as 2, or a percentage from 1% to 100%", value) from None


def _amount_or_none(value: Any) -> Amount:
    if value in ("0", "0%"):
        return Amount(0)
    try:
        return _amount(value)
    except PydanticCustomError:
        raise mismatch("0, a count such as 2, or a percentage from 1% to 100%", value) from None


def choice(*allowed: str) -> Callable[[Any], str]:
    """A reader of one of a few words."""

    def read(value: Any) -> str:
        if value not in allowed:
            raise mismatch(" or ".join(allowed), value)
        return str(value)

    return read


def _mapping(value: Any) -> Any:
    return {} if value == "" else value


def _listing(value: Any) -> Any:
    return [] if value == "" else value


_SCALAR: list[str] = ["string", "number", "boolean"]
_NAME_SCHEMA = {"type": ["string", "integer"], "pattern": NAME_PATTERN, "maxLength": MAX_NAME}
_DURATION_SCHEMA = {
    "type": ["string", "integer"],
    "pattern": r"^(0|(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$",
    "maximum": 0,
    "examples": ["500ms", "10s", "5m", "1h30m", "2d"],
}


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": _SCALAR, "minLength": 1})]
FreeText = Annotated[str, PlainValidator(_free), WithJsonSchema({"type": _SCALAR})]
Name = Annotated[str, PlainValidator(_name), WithJsonSchema(_NAME_SCHEMA)]
Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
Duration = Annotated[float, PlainValidator(_duration), WithJsonSchema(_DURATION_SCHEMA)]
PositiveDuration = Annotated[
    float,
    PlainValidator(_positive_duration),
    WithJsonSchema({k: v for k, v in _DURATION_SCHEMA.items() if k != "maximum"} | {"type": "string"}),
]
AmountOf = Annotated[
    Amount,
    PlainValidator(_amount),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "pattern": "^([1-9][0-9]*|([1-9][0-9]?|100)%)$"}),
]
AmountOrNone = Annotated[
    Amount,
    PlainValidator(_amount_or_none),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 0, "pattern": "^([0-9]+|([0-9][0-9]?|100)%)$"}),
]
Port = Annotated[
    int,
    PlainValidator(whole(1, 65535)),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": "^[0-9]+$"}),
]
Count = Annotated[
    int,
    PlainValidator(whole(1, 1_000_000)),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "maximum": 1_000_000, "pattern": "^[0-9]+$"}),
]
Blank = BeforeValidator(_mapping)
BlankList = BeforeValidator(_listing)
