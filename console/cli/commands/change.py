"""``interlock plan`` and ``deploy``: what would happen, and making it happen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import click

from console.cli.assignments import deploy_request, parse, parse_evidence
from console.cli.following import finish, follow_all
from console.cli.grammar import verb
from console.cli.moments import Moment
from console.cli.recording import Recording
from console.cli.render.outages import outage_lines
from console.cli.render.plans import order_text, plan_text
from console.cli.render.times import Duration
from console.cli.render.waits import wait_lines
from console.cli.sending import parse_artifacts, send
from console.cli.session import Session, say
from engine.api.protocol import DeployRequest, PlanView, WaitView
from engine.errors import RequestRefused, UsageError

environment_option = click.option(
    "-e", "--environment", default="", metavar="ENV", help="Where. [the only environment]"
)
assignments_argument = click.argument("assignments", nargs=-1, required=True, metavar="SERVICE=VERSION...")


def how_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What says how versions get there, alike for ``plan`` and ``deploy``: a preview that cannot be asked
    what will be asked previews something else."""
    options = (
        click.option(
            "--accept-bridge", is_flag=True, help="Where no order is safe: queue the steps over versions in between."
        ),
        click.option(
            "--allow-lockstep",
            is_flag=True,
            help="Where no order is safe: stop what needs it, in a window for outages.",
        ),
        click.option(
            "--through", default="", metavar="ENV", help="A change for each environment up to ENV, each after the last."
        ),
        click.option(
            "--evidence", multiple=True, metavar="KEY=VALUE", help="What a policy asks for, such as a ticket."
        ),
        click.option("--when-available", is_flag=True, help="Take versions whose artifacts are still to come."),
        click.option("--not-before", type=Moment(), metavar="T", help="2026-11-24T18:00Z, 18:00, or 30m from now."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def with_how(request: DeployRequest, how: Mapping[str, Any]) -> DeployRequest:
    """The request with what ``how_options`` were given."""
    given = {**how, "evidence": parse_evidence(how["evidence"]) if how["evidence"] else None}
    return cast(DeployRequest, {**request, **{name: value for name, value in given.items() if value}})


@verb("plan")
@assignments_argument
@environment_option
@how_options
def plan_command(session: Session, assignments: tuple[str, ...], environment: str, **how: Any) -> None:
    """What would happen: order, waits and times. Changes nothing; exit 1 if deploy would be refused."""
    request = with_how(deploy_request(parse(assignments), environment), how)
    plan = session.client().plan(request, times=True)
    session.give(plan, lambda: "" if plan["refused"] else plan_text(plan))
    if plan["refused"]:
        raise RequestRefused(plan["refused"])


@verb("deploy")
@assignments_argument
@environment_option
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
@click.option(
    "--on-failure",
    type=click.Choice(["hold", "revert_all"]),
    default=None,
    help="What becomes of services that are done when another fails. [hold]",
)
@how_options
@click.option("--artifact", multiple=True, metavar="SERVICE=PATH", help="A file to deploy as that version of it.")
@click.option("--wait", is_flag=True, help="Follow it until it is done; exit 1 unless it succeeded.")
@click.option("--timeout", type=Duration(), metavar="D", help="With --wait: give up after 30s, 5m, 1h (exit 4).")
@click.option("--progress", metavar="FILE", help="With --wait: each news of it as a JSON line, into this file.")
@click.option("--junit", metavar="FILE", help="With --wait: how it ended as JUnit's XML, a test case for each service.")
def deploy_command(
    session: Session,
    assignments: tuple[str, ...],
    environment: str,
    reason: str,
    on_failure: str | None,
    artifact: tuple[str, ...],
    wait: bool,
    timeout: float | None,
    progress: str | None,
    junit: str | None,
    **how: Any,
) -> None:
    """Queue one change of one or more services, and print its id."""
    session.refuse_if_read_only()
    if (progress or junit) and not wait:
        raise UsageError("--progress and --junit need --wait: without it the change has only just begun.")
    request = with_how(deploy_request(parse(assignments), environment, reason, on_failure or ""), how)
    files = parse_artifacts(artifact, request["services"])
    client = session.client()
    with Recording(progress, junit) as recording:
        send(client, request["services"], environment, files)
        plan = client.plan(request)
        accepted = client.deploy(request)
        _narrate(accepted["message"], plan)
        if not accepted["change"]:
            session.give({"change": None}, lambda: "")
            return
        changes = accepted.get("changes") or [accepted["change"]]
        _hand_over(session, changes, plan["waits"], wait)
        if wait:
            finish(session, follow_all(client, changes, timeout, recording.reporter), timeout)


def _hand_over(session: Session, changes: list[str], waits: list[WaitView], wait: bool) -> None:
    """The change's id (of several in a row, all of them). As JSON, with ``wait``, it is left to the
    change itself, which follows."""
    data: dict[str, object] = (
        {"change": changes[0]} if len(changes) == 1 else {"change": changes[0], "changes": changes}
    )
    if not wait:
        for line in wait_lines(waits):
            say(_naming(line, changes))
        session.give(data, lambda: "\n".join(changes))
    elif not session.wants_json:
        click.echo("\n".join(changes))


def _naming(line: str, changes: list[str]) -> str:
    """A line of the preview with the number that the change has got since."""
    return re.sub(r"\b(interlock \w+) CHANGE\b", rf"\1 {changes[0]}", line) if len(changes) == 1 else line


def _narrate(message: str, plan: PlanView) -> None:
    """The order, if there is one, on stderr."""
    say(message)
    for text in outage_lines(plan):
        say(text)
    if (order := order_text(plan)) and not plan["lockstep"]:
        say(f"order: {order}")
