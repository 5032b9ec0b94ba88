"""Seeded vandalism: takes a sound inventory as data, or as text, and spoils it.

Deterministic for a seed, so that a failing case is named by its number alone.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

HOSTILE = [
    "",
    " ",
    "\x00",
    "\x1b[2J",
    "a\nb",
    "$(id)",
    "`id`",
    "; rm -rf /",
    "../../etc/passwd",
    "-rf",
    "é" * 40,
    "\u202egnp",
    "\ud83d\ude00",
    "{version}{version}",
    "[1-999999999]",
    "[a-b]",
    "[[[[",
    "%s%n",
    "{0}",
    "{__class__}",
    "1e309",
    "0x7fffffff",
    "9" * 5000,
    "-1",
    "0",
    "NaN",
    "true",
    "null",
    "~",
    "*",
    "<<",
    ">=1,<",
    "===",
    ">=" + "1." * 60 + "1",
    "@",
    "a@b:c",
    "http://[::1",
    "http://\\",
    "1d" * 30,
    "100%%",
    "x" * 70_000,
]

MARKS = [b"&a ", b"*a", b"!!int ", b"- ", b": ", b"[", b"{", b'"', b"\t", b"#"]
MAX_PLACES = 2000

Path = tuple[str | int, ...]


def paths(node: Any, prefix: Path = ()) -> list[Path]:
    """Every place in the data but the top, in order."""
    found: list[Path] = []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found.append((*prefix, key))
        found += paths(value, (*prefix, key))
    return found


def parent_of(data: Any, path: Path) -> Any:
    for step in path[:-1]:
        data = data[step]
    return data


def drop(chance: random.Random, data: Any, path: Path) -> None:
    del parent_of(data, path)[path[-1]]


def retype(chance: random.Random, data: Any, path: Path) -> None:
    value = chance.choice([{}, [], "x", "7", {"a": {"b": "c"}}, [["x"], {"y": "z"}], ""])
    parent_of(data, path)[path[-1]] = copy.deepcopy(value)


def spoil_text(chance: random.Random, data: Any, path: Path) -> None:
    parent_of(data, path)[path[-1]] = chance.choice(HOSTILE)


def rename(chance: random.Random, data: Any, path: Path) -> None:
    parent = parent_of(data, path)
    if isinstance(parent, dict):
        key = str(path[-1])
        new = chance.choice([key[1:], key + "s", key.upper(), chance.choice(HOSTILE)])
        parent[new] = parent.pop(key)


def transplant(chance: random.Random, data: Any, path: Path) -> None:
    """A part of the data somewhere else."""
    other = chance.choice(paths(data))
    value = parent_of(data, other)[other[-1]]
    parent_of(data, path)[path[-1]] = copy.deepcopy(value)


def nest(chance: random.Random, data: Any, path: Path) -> None:
    value: Any = "x"
    for _ in range(chance.choice([5, 63, 64, 65, 90])):
        value = {"a": value} if chance.random() < 0.5 else [value]
    parent_of(data, path)[path[-1]] = value


def enlarge(chance: random.Random, data: Any, path: Path) -> None:
    parent = parent_of(data, path)
    value = parent[path[-1]]
    if len(paths(value)) > 20 or (isinstance(value, str) and len(value) > 1000):
        return
    if isinstance(value, dict):
        parent[path[-1]] = {f"{chance.choice(['k', 'h'])}{n}": value for n in range(50)}
    else:
        parent[path[-1]] = [value] * 50


STRUCTURAL: list[Callable[[random.Random, Any, Path], None]] = [
    drop, retype, spoil_text, spoil_text, spoil_text, rename, transplant, nest, enlarge,
]  # fmt: skip


def spoilt_data(chance: random.Random, data: Any) -> bytes:
    """The data after one to four mutations, as JSON (which is YAML)."""
    spoilt = copy.deepcopy(data)
    for _ in range(chance.choice([1, 1, 2, 4])):
        places = paths(spoilt)
        if 0 < len(places) < MAX_PLACES:
            chance.choice(STRUCTURAL)(chance, spoilt, chance.choice(places))
    # A line for each value, without the indentation for which json would leave its C encoder.
    text = json.dumps(spoilt, separators=(",\n", ": "), ensure_ascii=chance.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def spoilt_text(chance: random.Random, text: bytes) -> bytes:
    """The text after one to four mutations of lines and bytes."""
    lines = text.split(b"\n")
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randrange(len(lines))
        other = chance.randrange(len(lines))
        line = lines[at]
        cut = chance.randint(0, len(line))
        lines[at : at + 1] = chance.choice(
            [
                [],
                [line, line],
                [lines[other]],
                [line[:cut]],
                [b"  " + line],
                [line.lstrip()],
                [line[:cut] + bytes([chance.randrange(256)]) + line[cut:]],
                [line[:cut] + chance.choice(HOSTILE).encode("utf-8", "surrogatepass") + line[cut:]],
                [line[:cut] + chance.choice(MARKS) + line[cut:]],
                [line, b"---"],
                [line, b"..."],
                [line, b"%YAML 9.9"],
            ]
        )
        lines = lines or [b""]
    return b"\n".join(lines)
