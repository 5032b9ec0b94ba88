"""``interlock cordon``, ``uncordon``, ``drain``, ``retire``, ``unretire``, ``restart`` and
``remove``: hosts taken aside, services restarted as they are or taken away. On a terminal, what
costs something asks first and shows what it touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from console.cli.commands.act import tell
from console.cli.following import finish, follow
from console.cli.grammar import verb
from console.cli.render.maintenance import touch_text
from console.cli.render.times import Duration
from console.cli.session import Session, is_terminal, say
from engine.errors import RequestRefused

Command = Callable[..., None]

reason_option = click.option("--reason", default="", metavar="TEXT", help="Why; kept in the history, and shown.")
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask on a terminal.")
wait_option = click.option("--wait", is_flag=True, help="Follow it until it is done; exit 1 unless it succeeded.")
timeout_option = click.option("--timeout", type=Duration(), metavar="D", help="With --wait: give up after 30s, 5m, 1h.")


@verb("cordon")
@click.argument("host")
@reason_option
def cordon_command(session: Session, host: str, reason: str) -> None:
    """Start, place and heal nothing more on a host; what runs there runs on."""
    _ask(session, "cordon", {"subject": host, "reason": reason})


@verb("uncordon")
@click.argument("host")
@reason_option
@wait_option
@timeout_option
def uncordon_command(session: Session, host: str, reason: str, wait: bool, timeout: float | None) -> None:
    """Undo cordon or drain: the host takes part again, and what was stopped for it comes back."""
    _ask(session, "uncordon", {"subject": host, "reason": reason}, wait=wait, timeout=timeout)


@verb("drain")
@click.argument("host")
@reason_option
@wait_option
@timeout_option
@yes_option
def drain_command(session: Session, host: str, reason: str, wait: bool, timeout: float | None, yes: bool) -> None:
    """Take a host out of service: cordon it, and stop what runs there, one after the other, as budgets allow."""
    _confirmed(session, "drain", host, yes)
    _ask(session, "drain", {"subject": host, "reason": reason}, wait=wait, timeout=timeout)


@verb("retire")
@click.argument("host")
@reason_option
@yes_option
def retire_command(session: Session, host: str, reason: str, yes: bool) -> None:
    """Take a host, dead or alive, out of everything at once. If it answers, what runs there is stopped."""
    _confirmed(session, "retire", host, yes)
    _ask(session, "retire", {"subject": host, "reason": reason})


@verb("unretire")
@click.argument("host")
@reason_option
@wait_option
@timeout_option
def unretire_command(session: Session, host: str, reason: str, wait: bool, timeout: float | None) -> None:
    """Undo retire, once nothing of the past runs there; what ran on the host comes back."""
    _ask(session, "unretire", {"subject": host, "reason": reason}, wait=wait, timeout=timeout)


@verb("restart")
@click.argument("subject", metavar="SERVICE[@ENV]")
@reason_option
@wait_option
@timeout_option
def restart_command(session: Session, subject: str, reason: str, wait: bool, timeout: float | None) -> None:
    """Restart a service as it is, batch by batch, with the gates and the dead man's switch of any rollout."""
    _ask(session, "restart", {"subject": subject, "reason": reason}, wait=wait, timeout=timeout)


@verb("remove")
@click.argument("subject", metavar="SERVICE@ENV")
@reason_option
@click.option(
    "--orphans", is_flag=True, help="Only what the inventory no longer places there; refused if there is none."
)
@wait_option
@timeout_option
@yes_option
def remove_command(
    session: Session, subject: str, reason: str, orphans: bool, wait: bool, timeout: float | None, yes: bool
) -> None:
    """Stop and withdraw a service: its orphans, if it has any, else all of it in that environment.

    Its releases stay on the hosts' disks."""
    _confirmed(session, "remove", subject, yes)
    body = {"subject": subject, "reason": reason, "only_orphans": orphans}
    _ask(session, "remove", body, wait=wait, timeout=timeout)


def _confirmed(session: Session, name: str, subject: str, yes: bool) -> None:
    """Show what it would touch and ask, where there is somebody to ask."""
    session.refuse_if_read_only()
    if yes or not is_terminal():
        return
    view = session.client().touch(name, subject)
    if view["refused"]:
        raise RequestRefused(view["refused"])
    say(touch_text(view))
    click.confirm(f"{name.capitalize()} {subject}?", abort=True, err=True)


def _ask(
    session: Session, name: str, body: Mapping[str, Any], *, wait: bool = False, timeout: float | None = None
) -> None:
    session.refuse_if_read_only()
    accepted = session.client().decide(name, body)
    if wait and accepted["change"]:
        say(accepted["message"])
        finish(session, follow(session.client(), accepted["change"], timeout), timeout)
    else:
        tell(session, accepted)
