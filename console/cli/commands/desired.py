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
        desired = {environment: _of(desired, environment, "What is desired")}
    session.give(desired, lambda: write_desired(desired).rstrip())


@verb("apply")
@click.argument("file", required=False, default="", metavar="[FILE]")
@click.option("-e", "--environment", default="", metavar="ENV", help="Only this environment.")
@click.option("--config", is_flag=True, help="Also what differs in configuration or placements only; no FILE: all.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
def apply_command(session: Session, file: str, environment: str, config: bool, reason: str, dry_run: bool) -> None:
    """Queue one change with what FILE asks for and is not desired yet. FILE may be - for stdin.

    With --config, also the services whose configuration in the inventory is not the deployed one."""
    if not file and not config:
        raise UsageError("Name a FILE of desired versions, or give --config.")
    if not dry_run:
        session.refuse_if_read_only()
    client = session.client()
    differing = _differing(client, _wanted(file, environment) if file else None, environment, config)
    if not differing:
        say("nothing differs from what is desired; nothing was queued")
        session.give({"steps": [], "waits": []} if dry_run else {"change": None}, lambda: "")
        return
    if len(differing) > 1:
        raise UsageError(
            f"{file or 'the inventory'} differs from what is desired in {' and '.join(differing)}, and a change "
            "belongs to one environment: choose it with -e. Nothing was queued."
        )
    where, services = next(iter(differing.items()))
    request = deploy_request(services, where, reason)
    if dry_run:
        plan = client.plan(request)
        session.give(plan, lambda: "" if plan["refused"] else plan_text(plan))
        if plan["refused"]:
            raise RequestRefused(plan["refused"])
        return
    request["reconfigure"] = config
    accepted = client.apply(request)
    say(accepted["message"])
    session.give({"change": accepted["change"] or None}, lambda: accepted["change"])


def _wanted(file: str, environment: str) -> dict[str, dict[str, str]]:
    from console.cli.desired_file import read_desired  # a YAML parser, which nothing else here needs

    wanted = read_desired(file)
    return {environment: _of(wanted, environment, file if file != "-" else "Standard input")} if environment else wanted


def _of(desired: dict[str, dict[str, str]], environment: str, source: str) -> dict[str, str]:
    if environment not in desired:
        hint = did_you_mean(near(environment, desired))
        raise UsageError(
            f"{printable(source, 200)} has nothing for the environment {printable(environment, 80)!r}{hint}."
        )
    return desired[environment]


def _differing(
    client: Client, wanted: dict[str, dict[str, str]] | None, environment: str, config: bool
) -> dict[str, dict[str, str]]:
    """What is asked for and not desired yet, by environment; empty ones are left out. With
    ``config`` also what is pending, of what is wanted or (None) of everything."""
    desired = client.export()
    found = {
        where: {s: v for s, v in services.items() if desired.get(where, {}).get(s) != v}
        for where, services in (wanted or {}).items()
    }
    for row in client.status(environment=environment) if config else ():
        where, service, version = row["environment"], row["service"], row["desired"]
        if row.get("pending") and version and (wanted is None or wanted.get(where, {}).get(service) == version):
            found.setdefault(where, {})[service] = version
    return {where: services for where, services in found.items() if services}
