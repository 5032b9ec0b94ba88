"""``interlock status``: what runs, what is wanted, and what waits."""

from __future__ import annotations

import click

from console.cli.grammar import verb
from console.cli.render.statuses import status_text
from console.cli.session import Session


@verb("status")
@click.argument("subject", required=False, default="", metavar="[SERVICE[@ENV]]")
@click.option("-e", "--environment", default="", metavar="ENV", help="Only this environment.")
def status_command(session: Session, subject: str, environment: str) -> None:
    """Current, target and desired versions, health and waits."""
    rows = session.client().status(subject, environment)
    session.give(rows, lambda: status_text(rows, detailed=bool(subject)))
