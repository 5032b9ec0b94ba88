"""``interlock history``, ``watch`` and ``logs``: what happened, what happens, what was written."""

from __future__ import annotations

import json
import time

import click

from console.cli.grammar import verb
from console.cli.render.changes import FINAL
from console.cli.render.times import clock, with_local_times
from console.cli.session import Session, say
from engine.api.client import Client
from engine.api.protocol import LogView, WatchEvent
from engine.errors import EngineUnreachable
from engine.model.text import printable

POLL_S = 0.5


@verb("history")
@click.option("--change", default="", metavar="CHANGE", help="Only this change.")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=100, help="How many events. [100]")
def history_command(session: Session, change: str, limit: int) -> None:
    """The latest events, oldest first."""
    events = session.client().history(change, limit)
    session.give(events, lambda: "\n".join(_event_text(event) for event in events))


@verb("watch")
@click.argument("change", required=False, default="")
def watch_command(session: Session, change: str) -> None:
    """Events as they happen, until ctrl-C, or until the change named is done."""
    client = session.client()
    with client.watch(change) as stream:
        if change and client.change(change)["state"] in FINAL:
            say(f"change {change} is done already; interlock history --change {change} tells what happened")
            return
        for event in stream:
            click.echo(json.dumps(event) if session.wants_json else _event_text(event))
            if change and event["kind"] == "change-status" and client.change(change)["state"] in FINAL:
                return
    raise EngineUnreachable(
        f"the engine at {client.address} ended the stream: it is stopping. Watch again when an engine runs."
    )


def _event_text(event: WatchEvent) -> str:
    lines = [f"{clock(event['at'])}  {printable(event['kind']):<16}  {with_local_times(printable(event['message']))}"]
    lines += [f"    | {printable(line)}" for line in event.get("log", [])]
    return "\n".join(lines)


@verb("logs")
@click.argument("change")
@click.option("--host", default="", metavar="HOST", help="Only this host.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the change is done.")
def logs_command(session: Session, change: str, host: str, follow: bool) -> None:
    """What the steps and services of a change wrote on their hosts."""
    client = session.client()
    if not follow:
        found = client.logs(change, host)
        session.give(found, lambda: "\n".join(line for log in found for line in _log_text(log)))
        return
    _follow(session, client, change, host)


def _follow(session: Session, client: Client, change: str, host: str) -> None:
    """Each line once, as it comes; NDJSON if JSON was asked for."""
    shown: dict[str, int] = {}
    while True:
        done = client.change(change)["state"] in FINAL
        for log in client.logs(change, host):
            for line in log["lines"][shown.get(log["step"], 0) :]:
                place = {"service": log["service"], "host": log["host"], "step": log["step"], "line": line}
                text = f"{log['service']} {log['host']} | {printable(line)}"
                click.echo(json.dumps(place) if session.wants_json else text)
            shown[log["step"]] = max(shown.get(log["step"], 0), len(log["lines"]))
        if done:
            return
        time.sleep(POLL_S)


def _log_text(log: LogView) -> list[str]:
    detail = f": {printable(log['detail'])}" if log["detail"] else ""
    head = f"{log['service']} on {log['host']}, {log['state']}{detail}"
    return [head, *(f"  | {printable(line)}" for line in log["lines"])]
