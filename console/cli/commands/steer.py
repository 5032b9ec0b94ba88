"""``interlock hold``, ``release``, ``abort``, ``retry``, ``promote`` and ``expedite``: when a change
goes, whether it goes back, and whether it goes again."""

from __future__ import annotations

import click

from console.cli.commands.act import SUBJECT, act, tell
from console.cli.following import finish, follow
from console.cli.grammar import verb
from console.cli.render.times import Duration
from console.cli.session import Session

reason_option = click.option("--reason", default="", metavar="TEXT", help="Why; kept in the history.")


@verb("hold")
@click.argument("subject", metavar=SUBJECT)
def hold_command(session: Session, subject: str) -> None:
    """Keep a change that has not started from starting, or take hands off a service."""
    act(session, "hold", subject)


@verb("release")
@click.argument("subject", metavar=SUBJECT)
def release_command(session: Session, subject: str) -> None:
    """Undo hold of the same thing."""
    act(session, "release", subject)


@verb("abort")
@click.argument("change")
@reason_option
def abort_command(session: Session, change: str, reason: str) -> None:
    """Stop a change at its safe point and take back what is unfinished; what is done follows its --on-failure."""
    _decide(session, "abort", change, reason)


@verb("retry")
@click.argument("change")
@click.option("--reason", default="", metavar="TEXT", help="Why; asked for if a version is bad, which it clears.")
@click.option("--wait", is_flag=True, help="Follow it until it is done; exit 1 unless it succeeded.")
@click.option("--timeout", type=Duration(), metavar="D", help="With --wait: give up after 30s, 5m, 1h (exit 4).")
def retry_command(session: Session, change: str, reason: str, wait: bool, timeout: float | None) -> None:
    """Begin what failed, was taken back or never started of a change anew; what is done stays."""
    if not wait:
        _decide(session, "retry", change, reason)
        return
    session.refuse_if_read_only()
    client = session.client()
    client.decide("retry", {"subject": change, "reason": reason})
    finish(session, follow(client, change, timeout), timeout)


@verb("promote")
@click.argument("change")
def promote_command(session: Session, change: str) -> None:
    """Let the canaries of a change go on, which have baked and wait for a person."""
    act(session, "promote", change)


@verb("expedite")
@click.argument("change")
@reason_option
def expedite_command(session: Session, change: str, reason: str) -> None:
    """Move a change ahead of the queue; its gates hold it as before."""
    _decide(session, "expedite", change, reason)


def _decide(session: Session, name: str, change: str, reason: str) -> None:
    session.refuse_if_read_only()
    tell(session, session.client().decide(name, {"subject": change, "reason": reason}))
