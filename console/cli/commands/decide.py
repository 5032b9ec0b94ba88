"""``interlock approve``, ``reject``, ``override`` and ``clear-bad``: what people decide about
changes and versions."""

from __future__ import annotations

import click

from console.cli.assignments import parse
from console.cli.commands.act import tell
from console.cli.grammar import verb
from console.cli.render.changes import move_text
from console.cli.render.overrides import let_loose_text
from console.cli.render.times import Duration
from console.cli.session import Session, is_terminal, say
from engine.api.protocol import ClearBadRequest, OverrideRequest
from engine.errors import RequestRefused


@verb("approve")
@click.argument("change")
@click.option("--digest", default="", metavar="DIGEST", help="Refuse if the change is not this one. [as it is now]")
def approve_command(session: Session, change: str, digest: str) -> None:
    """Say yes to a change: to exactly what it would do now."""
    session.refuse_if_read_only()
    client = session.client()
    view = client.change(change)
    say(f"change {view['id']} in {view['environment']}: {', '.join(move_text(item) for item in view['items'])}")
    tell(session, client.decide("approve", {"subject": change, "digest": digest or view["digest"]}))


@verb("reject")
@click.argument("change")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
def reject_command(session: Session, change: str, reason: str) -> None:
    """Say no to a change that has not started: it is cancelled."""
    session.refuse_if_read_only()
    tell(session, session.client().decide("reject", {"subject": change, "reason": reason}))


@verb("override")
@click.argument("change")
@click.argument("gate")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the override.")
@click.option("--for", "duration", type=Duration(), metavar="D", help="How long, such as 30m. [the policy's max]")
@click.option("-y", "--yes", is_flag=True, help="Do not ask on a terminal.")
def override_command(session: Session, change: str, gate: str, reason: str, duration: float | None, yes: bool) -> None:
    """Lift one gate for one change, for a while. Shows first what that lets loose."""
    session.refuse_if_read_only()
    request: OverrideRequest = {"subject": change, "gate": gate, "reason": reason}
    if duration is not None:
        request["for_s"] = duration
    client = session.client()
    plan = client.plan_override(request)
    asks = is_terminal() and not yes
    if plan["refused"] and asks:
        raise RequestRefused(plan["refused"])
    if not plan["refused"]:  # else it is the engine that refuses, and keeps that
        say(let_loose_text(plan))
    if asks:
        click.confirm(f"Override {gate} for change {change}?", abort=True, err=True)
    tell(session, client.decide("override", request))


@verb("clear-bad")
@click.argument("assignments", nargs=-1, required=True, metavar="SERVICE=VERSION...")
@click.option("-e", "--environment", default="", metavar="ENV", help="Where. [wherever they are bad]")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the history.")
def clear_bad_command(session: Session, assignments: tuple[str, ...], environment: str, reason: str) -> None:
    """Say of bad versions that they may be deployed again."""
    session.refuse_if_read_only()
    request: ClearBadRequest = {"services": parse(assignments), "reason": reason, "environment": environment}
    tell(session, session.client().decide("clear-bad", request))
