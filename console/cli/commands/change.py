"""``interlock plan`` and ``deploy``: what would happen, and making it happen."""

from __future__ import annotations

import click

from console.cli.assignments import deploy_request, parse
from console.cli.following import finish, follow
from console.cli.grammar import verb
from console.cli.render.plans import order_text, plan_text
from console.cli.render.times import Duration
from console.cli.render.waits import wait_lines
from console.cli.session import Session, say
from engine.api.protocol import PlanView
from engine.errors import RequestRefused

environment_option = click.option(
    "-e", "--environment", default="", metavar="ENV", help="Where. [the only environment]"
)
assignments_argument = click.argument("assignments", nargs=-1, required=True, metavar="SERVICE=VERSION...")


@verb("plan")
@assignments_argument
@environment_option
def plan_command(session: Session, assignments: tuple[str, ...], environment: str) -> None:
    """What would happen: order and waits. Changes nothing; exit 1 if deploy would be refused."""
    plan = session.client().plan(deploy_request(parse(assignments), environment))
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
@click.option("--wait", is_flag=True, help="Follow it until it is done; exit 1 unless it succeeded.")
@click.option("--timeout", type=Duration(), metavar="D", help="With --wait: give up after 30s, 5m, 1h (exit 4).")
def deploy_command(
    session: Session,
    assignments: tuple[str, ...],
    environment: str,
    reason: str,
    on_failure: str | None,
    wait: bool,
    timeout: float | None,
) -> None:
    """Queue one change of one or more services, and print its id."""
    session.refuse_if_read_only()
    request = deploy_request(parse(assignments), environment, reason, on_failure or "")
    client = session.client()
    plan = client.plan(request)
    accepted = client.deploy(request)
    _narrate(accepted["message"], plan)
    if not wait:
        for line in wait_lines(plan["waits"]):
            say(line)
        session.give({"change": accepted["change"]}, lambda: accepted["change"])
        return
    if not session.wants_json:
        click.echo(accepted["change"])
    finish(session, follow(client, accepted["change"], timeout), timeout)


def _narrate(message: str, plan: PlanView) -> None:
    """The order, if there is one, on stderr."""
    say(message)
    if (order := order_text(plan)) and not plan["lockstep"]:
        say(f"order: {order}")
