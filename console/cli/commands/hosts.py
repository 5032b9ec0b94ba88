"""``interlock hosts`` and ``probe``: which hosts answer, as last seen or as seen now."""

from __future__ import annotations

import click

from console.cli.grammar import verb
from console.cli.render.statuses import hosts_text
from console.cli.session import Session
from engine.errors import HostUnreachable, UsageError
from engine.model.text import did_you_mean, near, printable

PROBE_TIMEOUT_S = 120.0


@verb("hosts")
@click.option("-e", "--environment", default="", metavar="ENV", help="Only this environment.")
def hosts_command(session: Session, environment: str) -> None:
    """Every host: whether it answers, how fast, and what is placed on it."""
    client = session.client()
    hosts = [host for host in client.hosts() if environment in ("", host["environment"])]
    if environment and not hosts:
        known = client.graph()["environments"]
        if environment not in known:
            hint = did_you_mean(near(environment, known))
            raise UsageError(f"There is no environment {printable(environment, 80)!r}{hint}.")
    session.give(hosts, lambda: hosts_text(hosts))


@verb("probe")
@click.argument("hosts", nargs=-1, metavar="[HOST...]")
def probe_command(session: Session, hosts: tuple[str, ...]) -> None:
    """Look at hosts now (all, if none is named). Exit 1 if one of them does not answer."""
    seen = session.client(PROBE_TIMEOUT_S).probe(list(hosts))
    session.give(seen, lambda: hosts_text(seen))
    silent = [host["host"] for host in seen if host["state"] != "up"]
    if silent:
        raise HostUnreachable(
            f"no answer from {', '.join(silent)}; interlock doctor says what is wrong there. Nothing was changed."
        )
