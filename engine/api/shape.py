"""Whether JSON has the shape that the protocol gives it, without pydantic, which a client must not load.

What answers at an address may be an engine of another version, or none at all. Who
reads an answer trusts its shape; so it is looked at once, where it arrives. Checks are built from the
protocol's own types, once for each, and cost about a microsecond a value.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Any, NotRequired, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

Check = Callable[[Any], str]


def misfit(value: Any, kind: Any) -> str:
    """Where and how ``value`` differs from ``kind``, as ``.changes[3].id is missing``; "" if it fits."""
    return check_of(kind)(value)


@cache
def check_of(kind: Any) -> Check:
    """The check of one type. Raises TypeError for a type that no JSON has."""
    if kind is Any or kind is object:
        return lambda value: ""
    if is_typeddict(kind):
        return _record(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is NotRequired:
        return check_of(inner[0])
    if origin is list:
        return _list(check_of(inner[0]))
    if origin is dict:
        return _table(check_of(inner[1]))
    if origin in (Union, types.UnionType):
        return _either([check_of(each) for each in inner])
    return _plain(kind)


def _plain(kind: type) -> Check:
    fits = (int, float) if kind is float else (kind,)
    name = kind.__name__

    def check(value: Any) -> str:
        if type(value) in fits:  # exactly: JSON knows no subclasses, and true is no number
            return ""
        return f" is {type(value).__name__}, not {name}"

    return check


def _list(each: Check) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, list):
            return f" is {type(value).__name__}, not a list"
        for at, item in enumerate(value):
            if wrong := each(item):
                return f"[{at}]{wrong}"
        return ""

    return check


def _table(each: Check) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, dict):
            return f" is {type(value).__name__}, not a table"
        for key, item in value.items():
            if wrong := each(item):
                return f"[{key!r}]{wrong}"
        return ""

    return check


def _either(kinds: list[Check]) -> Check:
    def check(value: Any) -> str:
        wrong = ""
        for each in kinds:
            if not (wrong := each(value)):
                return ""
        return wrong

    return check


def _record(kind: Any) -> Check:
    # Not __required_keys__: where annotations are texts, it knows of no NotRequired inside them.
    hints: dict[str, Any] = get_type_hints(kind, include_extras=True)
    checks = [(name, get_origin(hint) is not NotRequired, check_of(hint)) for name, hint in hints.items()]

    def check(value: Any) -> str:
        if not isinstance(value, dict):
            return f" is {type(value).__name__}, not a table"
        for name, is_needed, inner in checks:
            if name in value:
                if wrong := inner(value[name]):
                    return f".{name}{wrong}"
            elif is_needed:
                return f".{name} is missing"
        return ""

    return check
