"""``interlock export`` and ``apply``: the desired versions as a file, out and in."""

from __future__ import annotations

import click

from console.cli.assignments import deploy_request
from console.cli.grammar import verb
from console.cli.render.desired import write_desired
from console.cli.render.plans import plan_text
from console.cli.session import Session, say
from engine.api.client import Client
from engine.errors import RequestRefused, UsageError
from engine.model.text import did_you_mean, near, printable


@verb("export")
@click.option("-e", "--environment", default="", metavar="ENV", help="Only this environment.")
def export_command(session: Session, environment: str) -> None:
    """Today's desired versions, in the form that apply takes."""
    desired = session.client().export()
    if environment:
        desired = {environment: _of(desired, environment)}
    session.give(desired, lambda: write_desired(desired).rstrip())


@verb("apply")
@click.argument("file", metavar="FILE")
@click.option("-e", "--environment", default="", metavar="ENV", help="Only this environment of the file.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
def apply_command(session: Session, file: str, environment: str, reason: str, dry_run: bool) -> None:
    """Queue one change with what FILE asks for and is not desired yet. FILE may be - for stdin."""
    if not dry_run:
        session.refuse_if_read_only()
    from console.cli.desired_file import read_desired  # a YAML parser, which nothing else here needs

    wanted = read_desired(file)
    if environment:
        wanted = {environment: _of(wanted, environment)}
    client = session.client()
    differing = _differing(client, wanted)
    if not differing:
        say("nothing differs from what is desired; nothing was queued")
        session.give({"steps": [], "waits": []} if dry_run else {"change": None}, lambda: "")
        return
    if len(differing) > 1:
        raise UsageError(
            f"{file} differs from what is desired in {' and '.join(differing)}, and a change belongs to one "
            "environment: choose it with -e. Nothing was queued."
        )
    where, services = next(iter(differing.items()))
    request = deploy_request(services, where, reason)
    if dry_run:
        plan = client.plan(request)
        session.give(plan, lambda: "" if plan["refused"] else plan_text(plan))
        if plan["refused"]:
            raise RequestRefused(plan["refused"])
        return
    accepted = client.apply(request)
    say(accepted["message"])
    session.give({"change": accepted["change"] or None}, lambda: accepted["change"])


def _of(desired: dict[str, dict[str, str]], environment: str) -> dict[str, str]:
    if environment not in desired:
        hint = did_you_mean(near(environment, desired))
        raise UsageError(f"There is nothing for the environment {printable(environment, 80)!r}{hint}.")
    return desired[environment]


def _differing(client: Client, wanted: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """What is asked for and not desired yet, by environment; empty ones are left out."""
    desired = client.export()
    found = {
        environment: {s: v for s, v in services.items() if desired.get(environment, {}).get(s) != v}
        for environment, services in wanted.items()
    }
    return {environment: services for environment, services in found.items() if services}
