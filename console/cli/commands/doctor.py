"""``interlock doctor``: is every host fit, before anyone relies on it. Needs no engine."""

from __future__ import annotations

import json

import click

from console.cli.grammar import verb
from console.cli.session import Session, say
from engine.errors import InterlockError
from engine.model.text import printable

_MARKS = {"ok": "ok", "warning": "warning", "error": "ERROR"}


@verb("doctor")
@click.argument("hosts", nargs=-1)
@click.option("--trust-new", is_flag=True, help="Record the keys of hosts that are not in known_hosts yet.")
@click.option("--install", is_flag=True, help="Make the host script root's own there, and let sudo run exactly it.")
@click.option("--login", default="", metavar="USER", help="Log in as USER for this visit.")
def doctor_command(session: Session, hosts: tuple[str, ...], trust_new: bool, install: bool, login: str) -> None:
    """Check SSH, keys, sudo, tools, disk and clock of every host, in parallel, with the remedy beside each
    finding. Exit 1 if a host cannot be relied on."""
    from console.cli import offline

    if trust_new or install:
        session.refuse_if_read_only()
    every: list[dict[str, str]] = []
    for found in offline.doctor(session.needed_inventory(), hosts, trust_new=trust_new, install=install, login=login):
        every += found
        if not session.wants_json:
            click.echo("\n".join(_text(finding) for finding in found))
    if session.wants_json:
        click.echo(json.dumps(every, indent=2))
    ill = sorted({finding["host"] for finding in every if finding["severity"] == "error"})
    count = len({finding["host"] for finding in every})
    if ill:
        raise InterlockError(
            f"{len(ill)} of {count} hosts cannot be relied on: {', '.join(ill[:20])}. "
            "What to do stands with each finding; then run it again."
        )
    say(f"all {count} hosts are fit" if count != 1 else "the host is fit")


def _text(finding: dict[str, str]) -> str:
    line = f"{printable(finding['host']):<20} {_MARKS[finding['severity']]:<8} {printable(finding['message'])}"
    return line + (f"\n{'':<20} {'':<8} -> {printable(finding['remedy'])}" if finding["remedy"] else "")
