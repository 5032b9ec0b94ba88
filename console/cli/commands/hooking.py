"""``interlock hook``: a person's word on hooks whose end nobody knows."""

from __future__ import annotations

import click

from console.cli.commands.act import tell
from console.cli.grammar import verb
from console.cli.session import Session
from engine.api.protocol import HookRequest


@verb("hook")
@click.argument("change")
@click.argument("what", type=click.Choice(["done", "again"]), metavar="done|again")
def hook_command(session: Session, change: str, what: str) -> None:
    """Say what became of a change's migration, or of an undrain that fails: it did its work, or run it again."""
    session.refuse_if_read_only()
    request: HookRequest = {"subject": change, "again": what == "again"}
    tell(session, session.client().decide("hook", request))
