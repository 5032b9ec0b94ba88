"""``interlock cancel``, ``pause``, ``resume`` and ``rollback``: the brakes, and the way back."""

from __future__ import annotations

import click

from console.cli.following import finish, follow
from console.cli.grammar import verb
from console.cli.render.outages import outage_lines
from console.cli.render.plans import chain_lines
from console.cli.render.times import Duration
from console.cli.session import Session, say
from engine.api.protocol import Accepted, RollbackRequest
from engine.errors import UsageError

SUBJECT = "CHANGE|SERVICE[@ENV]"


def act(session: Session, name: str, subject: str) -> None:
    """Ask for something that needs no more than a subject."""
    session.refuse_if_read_only()
    accepted = session.client().act(name, subject)
    tell(session, accepted)


def tell(session: Session, accepted: Accepted) -> None:
    """What was granted: the sentence on stderr, the change (if one was queued) on stdout."""
    say(accepted["message"])
    session.give(accepted, lambda: accepted["change"])


@verb("cancel")
@click.argument("change")
def cancel_command(session: Session, change: str) -> None:
    """Take a change that has not started out of the queue."""
    act(session, "cancel", change)


@verb("pause")
@click.argument("subject", required=False, default="", metavar=f"[{SUBJECT}]")
def pause_command(session: Session, subject: str) -> None:
    """Stop at the next safe point: a change, a service (hands off), or all starts."""
    act(session, "pause", subject)


@verb("resume")
@click.argument("subject", required=False, default="", metavar=f"[{SUBJECT}]")
def resume_command(session: Session, subject: str) -> None:
    """Undo pause of the same thing."""
    act(session, "resume", subject)


@verb("rollback")
@click.argument("subject", metavar="SERVICE[@ENV]|CHANGE")
@click.option("--to", default="", metavar="VERSION", help="A version that was healthy here. [the newest other one]")
@click.option("-e", "--environment", default="", metavar="ENV", help="Where. [the only environment]")
@click.option("--chain", is_flag=True, help="Take everything back that refuses the older version, dependents first.")
@click.option("--allow-lockstep", is_flag=True, help="Where no order back is safe: stop what needs it meanwhile.")
@click.option("--mark-bad", is_flag=True, help="The version that is left must not be deployed here again.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
@click.option("--wait", is_flag=True, help="Follow it until it is done; exit 1 unless it succeeded.")
@click.option("--timeout", type=Duration(), metavar="D", help="With --wait: give up after 30s, 5m, 1h (exit 4).")
def rollback_command(
    session: Session,
    subject: str,
    to: str,
    environment: str,
    chain: bool,
    allow_lockstep: bool,
    mark_bad: bool,
    reason: str,
    wait: bool,
    timeout: float | None,
) -> None:
    """Queue the way back to an earlier good version, of a service or of a whole change."""
    session.refuse_if_read_only()
    if environment:
        if "@" in subject:
            raise UsageError(f"{subject} names its environment already: leave -e out.")
        subject = f"{subject}@{environment}"
    request: RollbackRequest = {"subject": subject, "to": to, "reason": reason, "chain": chain, "mark_bad": mark_bad}
    if allow_lockstep:
        request["allow_lockstep"] = True
    client = session.client()
    plan = client.plan_rollback(request)
    accepted = client.rollback(request)
    for line in [*chain_lines(plan), *outage_lines(plan, back=True)]:
        say(line)
    if not wait:
        say(accepted["message"])
        session.give({"change": accepted["change"]}, lambda: accepted["change"])
        return
    say(accepted["message"])
    if not session.wants_json:
        click.echo(accepted["change"])
    finish(session, follow(client, accepted["change"], timeout), timeout)
