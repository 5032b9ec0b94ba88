"""``interlock check`` and ``schema``: what needs no engine."""

from __future__ import annotations

import json
from typing import Any

import click

from console.cli.grammar import verb
from console.cli.session import Session, say
from engine.errors import EngineUnreachable, InventoryInvalid
from engine.model.text import printable

ENGINE_S = 10.0  # that an engine may take to look through its history
FROM_HISTORY = "not-deployed-for-long"


@verb("check")
@click.argument("path", required=False, default="", metavar="[INVENTORY]")
def check_command(session: Session, path: str) -> None:
    """Validate and lint the inventory, with an engine its history too. Exit 2 with errors, else 0."""
    from console.cli import offline

    inventory = session.overridden({"inventory": path}).needed_inventory()
    found = [*offline.findings(inventory), *_from_history(session)]
    session.give(found, lambda: "\n".join(_line(finding) for finding in found))
    errors = sum(finding["severity"] == "error" for finding in found)
    summary = f"{inventory}: {errors} error{'s' * (errors != 1)}, {len(found) - errors} warnings"
    if errors:
        raise InventoryInvalid((summary,))
    say(summary)


def _from_history(session: Session) -> list[dict[str, Any]]:
    """What the engine's history adds: nothing if there is no engine, unless one was named."""
    try:
        found = session.client(ENGINE_S).findings()
    except EngineUnreachable:
        if session.engine or session.environ.get("INTERLOCK_ENGINE"):
            raise
        return []
    return [dict(finding) for finding in found if finding["rule"] == FROM_HISTORY]


def _line(finding: dict[str, Any]) -> str:
    if not finding["file"]:
        return printable(finding["message"])
    return printable("{file}:{line}: {severity} {rule}: {message}".format(**finding))


@verb("schema")
def schema_command(session: Session) -> None:
    """The inventory's JSON Schema, for editors."""
    from console.cli import offline

    click.echo(json.dumps(offline.schema(), indent=2))
