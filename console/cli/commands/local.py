"""``interlock init``, ``check`` and ``schema``: what needs no engine."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import click

from console.cli.grammar import verb
from console.cli.session import Session, say
from engine.api.address import INVENTORY_NAMES
from engine.errors import EngineUnreachable, InterlockError, InventoryInvalid, RequestRefused
from engine.model.text import printable

ENGINE_S = 10.0  # that an engine may take to look through its history
FROM_HISTORY = "not-deployed-for-long"
STEPS = (
    "1. put your hosts' addresses and services in, and artifacts into artifacts/ with their sums in SHA256SUMS",
    "2. interlock doctor --trust-new    logs in to every host, says what is missing, records host keys",
    "3. interlock check                 says what is wrong in the inventory, with file and line",
    "4. interlock                       opens the console and starts an engine",
)


@verb("init")
@click.argument("folder", required=False, default=".", metavar="[DIR]", type=click.Path(path_type=Path))
def init_command(session: Session, folder: Path) -> None:
    """Write a commented inventory to start from into DIR (here, if none is named). It asks nothing,
    replaces nothing, and what it writes passes check."""
    from console.cli import offline

    session.refuse_if_read_only()
    file = folder / "interlock.yaml"
    there = [name for name in INVENTORY_NAMES if (folder / name).exists()]
    if there:
        raise RequestRefused(
            f"{folder / there[0]} exists already: nothing was written. Choose another folder, or move it away."
        )
    try:
        (folder / "artifacts").mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(offline.starter(getpass.getuser()))
    except OSError as error:
        raise InterlockError(f"{file} cannot be written: {error.strerror}. Choose another folder.") from error
    say(f"{file} is written: two hosts, two services, every line commented. Next:")
    for step in STEPS:
        say(f"  {step}")


@verb("check")
@click.argument("path", required=False, default="", metavar="[INVENTORY]")
def check_command(session: Session, path: str) -> None:
    """Validate and lint the inventory, with an engine its history too. Exit 2 with errors, else 0."""
    from console.cli import offline

    session = session.overridden({"inventory": path})
    inventory = session.needed_inventory()
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
