"""``interlock check`` and ``schema``: what needs no engine."""

from __future__ import annotations

import json
from typing import Any

import click

from console.cli.grammar import verb
from console.cli.session import Session, say
from engine.errors import InventoryInvalid
from engine.model.text import printable


@verb("check")
@click.argument("path", required=False, default="", metavar="[INVENTORY]")
def check_command(session: Session, path: str) -> None:
    """Validate and lint the inventory. Exit 0 with warnings only, 2 with errors."""
    from console.cli import offline

    inventory = session.overridden({"inventory": path}).needed_inventory()
    found = offline.findings(inventory)
    session.give(found, lambda: "\n".join(_line(finding) for finding in found))
    errors = sum(finding["severity"] == "error" for finding in found)
    summary = f"{inventory}: {errors} error{'s' * (errors != 1)}, {len(found) - errors} warnings"
    if errors:
        raise InventoryInvalid((summary,))
    say(summary)


def _line(finding: dict[str, Any]) -> str:
    if not finding["file"]:
        return printable(finding["message"])
    return printable("{file}:{line}: {severity} {rule}: {message}".format(**finding))


@verb("schema")
def schema_command(session: Session) -> None:
    """The inventory's JSON Schema, for editors."""
    from console.cli import offline

    click.echo(json.dumps(offline.schema(), indent=2))
