"""Collects every message that a person can meet, from the code that says it.

A message is text handed to one of the constructors or functions below, at once or by way of a
variable of the function that says it. What stands in braces is filled in when it is said, ``{...}``
is more than one word for it, and what stands in brackets is said only where it holds.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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
        "problem",
        "RangeError",
        "CalendarError",
        "_Stop",
        "_Failed",
        "_missing",
        "matching",
    },
    "Answers of the API to what is no request": {"problem"},
    "What the command line says beside": {"say"},
    "What the console says": {"Notice", "tell"},
}
WHERE = {
    "Waits": ("engine/plan",),
    "Findings of check and doctor": ("engine/hygiene", "engine/doctor"),
    "Faults of an inventory": ("engine/inventory",),
    "Answers of the API to what is no request": ("engine/api",),
    "What the command line says beside": ("console/cli",),
    "What the console says": ("console/tui",),
}
# What is done as asked is answered too: (events, sentence) is what a judgement returns.
ANSWERS, ANSWERED_IN = "Answers to what is asked", "engine/plan/requests"
Said = Mapping[str, Sequence[ast.expr]]


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
    """What stands for a value that is filled in: its name, or the texts that it can be."""
    if isinstance(value, ast.Name):
        return f"{{{value.id.strip('_').lower()}}}"
    if isinstance(value, ast.Attribute):
        return f"{{{value.attr}}}" if value.attr not in ("value", "name") else placeholder(value.value)
    if isinstance(value, ast.Call) and value.args:
        return placeholder(value.args[0])
    if isinstance(value, ast.IfExp):
        texts = [text for text in (text_of(value.body), text_of(value.orelse)) if text.strip()]
        return f"[{'|'.join(texts)}]" if texts else "{...}"
    return "{...}"


def text_of(node: ast.expr) -> str:
    """The text of a string expression; "" if it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            placeholder(piece.value) if isinstance(piece, ast.FormattedValue) else text_of(piece)
            for piece in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return ""


def texts_of(node: ast.expr, said: Said, depth: int = 3) -> Iterator[str]:
    """Every text that an expression can be, where ``said`` is what the function's variables hold."""
    if isinstance(node, ast.IfExp):
        yield from texts_of(node.body, said, depth)
        yield from texts_of(node.orelse, said, depth)
    elif isinstance(node, ast.BoolOp):
        for each in node.values:
            yield from texts_of(each, said, depth)
    elif isinstance(node, ast.Name) and depth:
        for each in said.get(node.id, ()):
            yield from texts_of(each, said, depth - 1)
    else:
        yield text_of(node)


def is_sentence(text: str) -> bool:
    """Whether it is something said, rather than a word or a format."""
    return text.count(" ") >= 2


def variables(function: ast.AST) -> Said:
    """What each variable of a function is set to."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _set(found, target, node.value)
        elif isinstance(node, ast.NamedExpr | ast.AugAssign | ast.AnnAssign) and node.value is not None:
            _set(found, node.target, node.value)
    return found


def _set(found: dict[str, list[ast.expr]], target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, its in zip(target.elts, value.elts, strict=False):
            _set(found, each, its)
    elif isinstance(target, ast.Name):
        found[target.id].append(value)


def pieces(node: ast.AST, said: Said) -> Iterator[tuple[ast.AST, Said]]:
    """Every piece of code below ``node``, with what the variables of the functions around it hold."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from pieces(child, {**said, **variables(child)})
        else:
            yield child, said
            yield from pieces(child, said)


def code() -> Iterator[tuple[str, ast.AST, Said]]:
    """Every piece of the program, with its file."""
    for folder in ("engine", "console"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node, said in pieces(ast.parse(path.read_text()), {}):
                yield str(path.relative_to(ROOT)), node, said


def groups_of(file: str, name: str) -> Iterator[str]:
    """The headings that a call's messages stand under; none if it says nothing to anybody."""
    if name in ERRORS and not file.startswith(("engine/sim", "engine/fleet")):
        yield name
    yield from (group for group, names in SAID_BY.items() if name in names and file.startswith(WHERE[group]))


def spoken(file: str, node: ast.AST) -> Iterator[tuple[str, int, ast.expr]]:
    """What a piece of code says: under which heading, in which line, and the expressions."""
    if isinstance(node, ast.Call):
        for group in groups_of(file, name_of(node)):
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                yield group, node.lineno, argument
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and file.startswith(ANSWERED_IN):
        yield ANSWERS, node.lineno, node.value.elts[-1]


@cache
def messages() -> dict[str, list[Message]]:
    """All messages by what they are: the class of an error, or one of the other headings."""
    found: dict[str, set[Message]] = defaultdict(set)
    for file, node, said in code():
        for group, line, argument in spoken(file, node):
            for each in texts_of(argument, said):
                text = " ".join(each.split())
                if is_sentence(text):
                    found[group].add(Message(file, line, text))
    return {group: sorted(found[group]) for group in [*ERRORS, ANSWERS, *SAID_BY] if found[group]}


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
