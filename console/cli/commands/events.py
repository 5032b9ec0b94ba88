"""``interlock history``, ``watch`` and ``logs``: what happened, what happens, what was written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import click

from console.cli.following import INTERVAL_S, Patient
from console.cli.grammar import verb
from console.cli.moments import Past
from console.cli.render.changes import FINAL
from console.cli.render.times import clock, with_local_times
from console.cli.session import Session, say
from engine.api.client import Client, Stream
from engine.api.protocol import LogView, WatchEvent
from engine.errors import EngineUnreachable
from engine.model.text import printable

POLL_S = 0.5


@verb("history")
@click.option("--change", default="", metavar="CHANGE", help="Only this change.")
@click.option("--service", default="", metavar="SERVICE", help="Only what is about this service.")
@click.option("-e", "--environment", default="", metavar="ENV", help="Only what is about this environment.")
@click.option("--team", default="", metavar="TEAM", help="Only what is about this team's services.")
@click.option("--by", default="", metavar="PERSON", help="Only what this person asked for or decided.")
@click.option(
    "--kind", default="", metavar="KIND", help="Only these kinds of events, such as change-status,move-ended."
)
@click.option(
    "--since", type=Past(), default="", metavar="TIME", help="Only from then on: 2026-11-24T18:00Z, or 2d ago."
)
@click.option("--until", type=Past(), default="", metavar="TIME", help="Only before then.")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=100, help="How many events. [100]")
def history_command(session: Session, limit: int, **wanted: str) -> None:
    """The latest events, oldest first: of all that the options ask for together."""
    events = session.client().history(wanted.pop("change"), limit, wanted=wanted)
    session.give(events, lambda: "\n".join(_event_text(event) for event in events))


@verb("watch")
@click.argument("change", required=False, default="")
def watch_command(session: Session, change: str) -> None:
    """Events as they happen, until ctrl-C, or until the change named is done. A link that breaks, or an engine that
    begins anew, is waited for; what happened meanwhile is told then."""
    client = session.client()
    state = Patient(lambda: client.change(change)["state"])
    seen = client.engine()["seq"]
    with client.watch(change) as stream:
        if change and client.change(change)["state"] in FINAL:
            say(f"change {change} is done already; interlock history --change {change} tells what happened")
            return
        for event in _events(client, change, stream, seen):
            click.echo(json.dumps(event) if session.wants_json else _event_text(event))
            if change and event["kind"] == "change-status" and state() in FINAL:
                return


def _events(client: Client, change: str, stream: Stream, seen: int) -> Iterator[WatchEvent]:
    """Every event past ``seen``, each once, over as many streams as it takes."""
    while True:
        with suppress(EngineUnreachable), stream:
            for event in stream:
                if not event["seq"] or event["seq"] > seen:
                    yield event
                seen = max(seen, event["seq"])
        time.sleep(INTERVAL_S)  # an engine that is about to stop ends each stream at once
        stream = Patient(lambda after=seen: client.watch(change, after))()  # type: ignore[misc]  # it is called at once


def _event_text(event: WatchEvent) -> str:
    lines = [f"{clock(event['at'])}  {printable(event['kind']):<16}  {with_local_times(printable(event['message']))}"]
    lines += [f"    | {printable(line)}" for line in event.get("log", [])]
    return "\n".join(lines)


@verb("logs")
@click.argument("change")
@click.option("--host", default="", metavar="HOST", help="Only this host.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the change is done.")
def logs_command(session: Session, change: str, host: str, follow: bool) -> None:
    """What the steps and services of a change wrote on their hosts. SERVICE or SERVICE@ENV in the place of a
    change: how the last heals of its placements ended, and what their hooks wrote."""
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
        done = Patient(lambda: client.change(change)["state"])() in FINAL
        for log in Patient(lambda: client.logs(change, host))():
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
