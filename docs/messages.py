"""Collects every message that a person can meet, from the code that says it.

A message is text handed to one of the constructors or functions below. What stands in braces is
filled in when it is said; ``{...}`` is more than one word for it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import errors

ROOT = Path(__file__).parent.parent
ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.InterlockError)
}
SAID_BY = {
    "Waits": {"wait", "waits_for", "wait_of", "Wait"},
    "Findings of check and doctor": {"Finding", "Remark"},
    "Faults of an inventory": {
        "add",
        "mismatch",
        "RangeError",
        "CalendarError",
        "_Stop",
        "_Failed",
        "_missing",
        "matching",
    },
}
WHERE = {
    "Waits": ("engine/plan",),
    "Findings of check and doctor": ("engine/hygiene", "engine/doctor"),
    "Faults of an inventory": ("engine/inventory",),
}


@dataclass(frozen=True, order=True)
class Message:
    """``text`` as it is said, and the file that says it."""

    file: str
    line: int
    text: str


def name_of(call: ast.Call) -> str:
    """The name called, without what it belongs to."""
    function = call.func
    return getattr(function, "id", None) or getattr(function, "attr", "")


def placeholder(value: ast.expr) -> str:
    """What stands for a value that is filled in."""
    if isinstance(value, ast.Name):
        return value.id.strip("_").lower()
    if isinstance(value, ast.Attribute):
        return value.attr if value.attr not in ("value", "name") else placeholder(value.value)
    if isinstance(value, ast.Call) and value.args:
        return placeholder(value.args[0])
    return "..."


def text_of(node: ast.expr) -> str:
    """The text of a string expression; "" if it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            f"{{{placeholder(piece.value)}}}" if isinstance(piece, ast.FormattedValue) else text_of(piece)
            for piece in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return ""


def is_sentence(text: str) -> bool:
    """Whether it is something said, rather than a word or a format."""
    return text.count(" ") >= 2


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the program, with its file."""
    for folder in ("engine", "console"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield str(path.relative_to(ROOT)), node


def group_of(file: str, name: str) -> str:
    """The heading that a call's messages stand under; "" if it says nothing to anybody."""
    if name in ERRORS and not file.startswith(("engine/sim", "engine/fleet")):
        return name
    for group, names in SAID_BY.items():
        if name in names and file.startswith(WHERE[group]):
            return group
    return ""


def messages() -> dict[str, list[Message]]:
    """All messages by what they are: the class of an error, or one of the other headings."""
    found: dict[str, set[Message]] = defaultdict(set)
    for file, call in calls():
        group = group_of(file, name_of(call))
        if group:
            for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
                text = " ".join(text_of(argument).split())
                if is_sentence(text):
                    found[group].add(Message(file, call.lineno, text))
    return {group: sorted(found[group]) for group in [*ERRORS, *SAID_BY] if found[group]}


def listed() -> str:
    """The document's body: a heading for each group, a row for each message."""
    lines: list[str] = []
    for group, said in messages().items():
        kind = ERRORS.get(group)
        lines += [f"## {group}", ""]
        if kind is not None:
            meaning = (kind.__doc__ or "").strip().splitlines()[0].replace("``", "`")
            lines += [f"{meaning} Exit status {kind.exit_code}.", ""]
        lines += ["| message | from |", "|---|---|"]
        seen = {(message.text, message.file): message for message in said}
        lines += [f"| {text.replace('|', chr(92) + '|')} | `{file}` |" for text, file in seen]
        lines.append("")
    return "\n".join(lines).strip()
