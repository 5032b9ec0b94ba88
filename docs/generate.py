"""Writes what the documents can take from the program itself, so that they cannot lie: the
inventory's keys from the models that read it, the console's keys from its table of actions, the
commands from the command line itself, who may do what from the rules that judge it.

``python docs/generate.py`` rewrites the parts between the markers; tests/test_house_docs.py fails
when that is due. Everything outside the markers is written by hand.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import click
from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo

from console.cli.main import cli
from console.tui.actions import ACTIONS, SHOWN_KEYS, Danger
from engine.inventory.document import Document
from engine.inventory.section import Section
from engine.model.role import Role
from engine.model.service import Amount
from engine.plan.people.authority import RULES

ROOT = Path(__file__).parent.parent
COMMANDS = {"OverrideGate": "override", "SettleHook": "hook"}  # the others are called as what they ask for
UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s"), (0.001, "ms"))


def cells(*texts: str) -> str:
    """One row of a table."""
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def section_in(annotation: Any) -> tuple[type[Section] | None, str]:
    """The section that a field holds, and how its keys continue the path: "", ".NAME" for a
    mapping of names, "[]" for a list."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return section_in(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation, ""
    if origin is dict:
        return section_in(arguments[1])[0], ".NAME"
    if origin is list:
        return section_in(arguments[0])[0], "[]"
    if origin in {Union, UnionType}:
        return next((found for found in map(section_in, arguments) if found[0]), (None, ""))
    return None, ""


def sections(path: str, section: type[Section]) -> Iterator[tuple[str, type[Section]]]:
    """Each section with its path, from the outside in."""
    yield path, section
    for name, field in section.model_fields.items():
        inner, more = section_in(field.annotation)
        if inner is not None:
            yield from sections(f"{path}.{name}{more}".lstrip("."), inner)


def default_of(field: FieldInfo, kind: dict[str, Any]) -> str:
    """The default as one would write it; a dash for none."""
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float) and "500ms" in kind.get("examples", []):
        unit, name = next(unit for unit in UNITS if value >= unit[0] or unit[1] == "ms")
        return f"`{value / unit:g}{name}`"
    if isinstance(value, Amount | str | int) and value not in ("", 0):
        return f"`{value}`"
    return "-"


def kind_of(field: FieldInfo) -> dict[str, Any]:
    """What the field's type says of itself to editors."""
    return next((mark.json_schema or {} for mark in field.metadata if isinstance(mark, WithJsonSchema)), {})


def row(name: str, field: FieldInfo) -> str:
    """One line of a section's table."""
    kind = kind_of(field)
    inner, more = section_in(field.annotation)
    meaning = field.description or (inspect.getdoc(inner) or "" if inner else "") or kind.get("description", "")
    meaning = (meaning.splitlines() or [""])[0].replace("``", "`")
    words = kind.get("enum")
    if words and not any(word in meaning for word in words):
        meaning = f"{meaning}: {', '.join(words)}"
    shape = {".NAME": " (a mapping of names)", "[]": " (a list)", "": ""}[more] if inner else ""
    meaning = meaning if meaning.endswith("...") else meaning.removesuffix(".")
    return cells(f"`{name}`{shape}", default_of(field, kind), meaning)


def table(path: str, section: type[Section]) -> str:
    """A section of the reference: heading, sentence, table, and what is refused for now."""
    lines = [
        f"### {f'`{path}`' if path else 'The top level'}",
        "",
        " ".join((inspect.getdoc(section) or "").split()).replace("``", "`"),
        "",
    ]
    if section.model_fields:
        lines += ["| key | default | meaning |", "|---|---|---|"]
        lines += [row(name, field) for name, field in section.model_fields.items()]
        lines.append("")
    return "\n".join(lines)


def inventory_reference() -> str:
    """Every section of the inventory, with its keys; one that stands in several places, once."""
    first: dict[type[Section], str] = {}
    return "\n".join(
        table(path, section) if first.setdefault(section, path) == path else f"### `{path}`\n\nAs `{first[section]}`.\n"
        for path, section in sections("", Document)
    ).strip()


def keys() -> str:
    """The console's keys, by what they are for."""
    lines = ["| key | name | does |", "|---|---|---|"]
    for action in ACTIONS:
        caution = f"; {action.danger.value}" if action.danger is not Danger.NONE else ""
        named = " ".join(f"`{SHOWN_KEYS.get(key, key)}`" for key in action.keys.split(","))
        lines.append(cells(named, action.name, f"{action.help}{caution}"))
    return "\n".join(lines)


def commands() -> str:
    """The command line's verbs: what they take, and their first sentence."""
    context = click.Context(cli, info_name="interlock")
    lines = ["| command | does |", "|---|---|"]
    for name in cli.list_commands(context):
        verb = cli.get_command(context, name)
        if verb is None:
            raise LookupError(name)
        usage = " ".join(piece for piece in verb.collect_usage_pieces(context) if piece != "[OPTIONS]")
        sentence = " ".join((verb.help or "").split()).split(". ")[0].removesuffix(".")
        lines.append(cells(f"`interlock {f'{name} {usage}'.strip()}`", sentence))
    return "\n".join(lines)


def messages() -> str:
    """Every message that a person can meet."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        return str(importlib.import_module("messages").listed())
    finally:
        sys.path.remove(str(ROOT / "docs"))


def authority() -> str:
    """Who may do what: each kind of request with the roles that are enough, and for what."""
    lines = [cells("command", *Role, "the role is needed for"), "|---|:-:|:-:|:-:|:-:|---|"]
    for kind, rule in RULES.items():
        name = COMMANDS.get(kind.__name__) or re.sub("(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
        if name not in cli.list_commands(click.Context(cli)):
            raise LookupError(f"no command asks for {kind.__name__}")
        # Whoever may look may ask for an override: it is the policy that says whose word counts.
        about = (
            "anything; and `policies.overrides` names the person" if rule.role is Role.VIEWER else rule.touches.__doc__
        )
        lines.append(cells(f"`{name}`", *("yes" if role in rule.roles else "" for role in Role), about or ""))
    return "\n".join(lines)


PARTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("docs/inventory.md", "reference", inventory_reference),
    ("docs/commands.md", "keys", keys),
    ("docs/commands.md", "commands", commands),
    ("docs/messages.md", "messages", messages),
    ("docs/operations.md", "authority", authority),
)


def renewed(text: str, name: str, body: str) -> str:
    """The text with the part between the markers of ``name`` replaced; ValueError without them."""
    begin, end = f"<!-- {name}: written by make docs -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no part between {begin} and {end}")
    return pattern.sub(lambda _: f"{begin}\n\n{body}\n\n{end}", text)


def documents() -> dict[Path, str]:
    """Each document with generated parts, as it should be."""
    texts: dict[Path, str] = {}
    for file, name, body in PARTS:
        path = ROOT / file
        texts[path] = renewed(texts.get(path) or path.read_text(), name, body())
    return texts


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
