"""Every command that a document shows is one that the command line takes, options and all."""

from __future__ import annotations

import click
import pytest

from console.cli.main import cli
from engine.errors import UsageError
from tests.documents.shown import DOCUMENTS, ROOT, interlock_commands

# docs/commands.md is written by the command line itself.
READ = [path for path in DOCUMENTS if path.name != "commands.md"]
SHOWN = sorted({(str(path.relative_to(ROOT)), command) for path in READ for command in interlock_commands(path)})
# What stands for a thing of the reader's own, by what a command line would take there.
STANDS_FOR = {"CHANGE": "7", "SEQ": "7", "N": "3", "DURATION": "5m", "D": "5m", "SERVICE=VERSION": "checkout=2.4.0"}


def parsed(command: tuple[str, ...]) -> None:
    """Take the words apart as the program would, without running anything; UsageError if they are
    not a command line. A verb alone only names it."""
    root = click.Context(cli, info_name="interlock")
    rest = click.Command.parse_args(cli, root, [STANDS_FOR.get(word, word) for word in command])
    if not rest:
        return
    name, verb, args = cli.resolve_command(root, rest)
    if verb is not None and args:
        verb.make_context(name, list(args), parent=root)


def test_there_is_something_to_try() -> None:
    assert len(SHOWN) > 50
    assert ("README.md", ("deploy", "checkout=2.4.0", "ledger=3.3.0", "-e", "prod", "--wait")) in SHOWN


def test_every_command_shown_is_one() -> None:
    wrong = []
    for document, command in SHOWN:
        try:
            parsed(command)
        except (click.UsageError, UsageError) as error:
            wrong.append(f"{document} shows `interlock {' '.join(command)}`: {error}")
    assert wrong == []


def test_what_is_no_command_is_noticed() -> None:
    for wrong in (("deplo", "a=1"), ("deploy", "a=1", "--wiat"), ("why", "a", "b")):
        with pytest.raises((click.UsageError, UsageError)):
            parsed(wrong)
