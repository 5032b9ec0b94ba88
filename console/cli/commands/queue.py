"""``interlock queue``, ``show`` and ``why``: what is to come, one change, and what holds it."""

from __future__ import annotations

import click

from console.cli.grammar import verb
from console.cli.render.changes import change_text, queue_text
from console.cli.render.waits import wait_lines
from console.cli.session import Session
from engine.api.protocol import WhyView
from engine.model.text import printable


@verb("queue")
def queue_command(session: Session) -> None:
    """Unfinished changes in their order, then the latest finished ones."""
    changes = session.client().changes()
    session.give(changes, lambda: queue_text(changes))


@verb("show")
@click.argument("change")
def show_command(session: Session, change: str) -> None:
    """One change: its services, their placements, and what it waits for."""
    found = session.client().change(change)
    session.give(found, lambda: change_text(found))


@verb("why")
@click.argument("subject", metavar="[CHANGE|SERVICE[@ENV]]", default="")
def why_command(session: Session, subject: str) -> None:
    """What holds a change or a service (without a name: anything), and what would move it."""
    found = session.client().why(subject)
    session.give(found, lambda: _why_text(found))


def _why_text(why: WhyView) -> str:
    lines = [printable(why["answer"])]
    for branch in why["chain"]:
        lines += wait_lines([branch["wait"]], indent="  " * (branch["depth"] + 1))
    if why["action"]:
        lines.append(f"do now: {printable(why['action'])}")
    return "\n".join(lines)
