"""Changes: the queue, one change, and why one failed."""

from __future__ import annotations

from collections.abc import Sequence

from console.cli.render.hooks import hook_lines
from console.cli.render.outages import lines_of
from console.cli.render.table import table
from console.cli.render.times import age, clock
from console.cli.render.waits import wait_lines, wait_summary
from engine.api.protocol import ChangeView, ItemView, MoveView
from engine.model.text import first_line, printable, printable_lines

FINAL = frozenset({"succeeded", "failed", "reverted", "cancelled", "superseded"})
BROKEN = frozenset({"failed", "reverted", "unconfirmed", "withheld"})
LOG_LINES = 10


def move_text(item: ItemView) -> str:
    """``ledger 3.0.0 -> 3.1.0``; ``ledger 3.1.0, new configuration`` where the version stays."""
    hosts = f" on {', '.join(item.get('hosts', ()))}" if item.get("hosts") else ""
    if item["to"] and item["from"] == item["to"]:
        again = ", new configuration" if item["configuration"] else " again"
        return printable(f"{item['service']} {item['to']}{again}{hosts}")
    return printable(f"{item['service']} {item['from'] or 'nothing'} -> {item['to'] or 'nothing'}{hosts}")


def queue_text(changes: Sequence[ChangeView]) -> str:
    """The unfinished changes in order, then the latest finished ones."""
    rows = [
        (
            change["id"],
            change["environment"],
            change["state"],
            f"{_kind(change)}{', '.join(move_text(item) for item in change['items'])}",
            f"{sum(item['done'] for item in change['items'])}/{sum(item['total'] for item in change['items'])}",
            change["requested_by"],
            age(change["created"]),
            wait_summary(change["waits"]),
        )
        for change in changes
    ]
    return table(("ID", "ENV", "STATE", "CHANGE", "DONE", "BY", "AGE", "WAITS"), rows) or "no changes"


def _kind(change: ChangeView) -> str:
    """``restart, `` and so on, for what is no deploy."""
    return f"{change['kind']}, " if change["kind"] not in ("deploy", "rollback") else ""


def change_text(change: ChangeView) -> str:
    """One change: who, why, when; its items with their placements; what it waits for."""
    head = f"change {change['id']} in {change['environment']}: {_kind(change)}{change['state']}"
    lines = [head, f"  asked by {printable(change['requested_by'])} {age(change['created'])} ago"]
    if change["reason"]:
        lines.append(f"  reason: {printable(change['reason'])}")
    lines += _decided(change)
    lines += [f"  {text}" for outage in change.get("outage", ()) for text in lines_of(outage, asked=True)]
    if change["started"]:
        lines.append(f"  started {clock(change['started'])}")
    if change["finished"]:
        lines.append(f"  finished {clock(change['finished'])}")
    for item in change["items"]:
        lines += ["", f"{move_text(item)}: {item['state']}, {item['done']} of {item['total']} placements done"]
        if stage := item.get("stage"):
            lines.append(f"  stage {stage['number']} of {stage['count']}: {printable(stage['text'])}")
        lines += [f"  {line}" for line in printable_lines(item["failure"]).splitlines()]
        lines += staged_lines(item)
        moves = [_move(move) for move in item["moves"]]
        if moves:
            lines.append(table(("HOST", "DOMAIN", "MOVE", "STATE", "TRY", "DETAIL"), moves, indent="  "))
    lines += hook_lines(change)
    waits = wait_lines(change["waits"])
    return "\n".join([*lines, "", *waits] if waits else lines)


def staged_lines(item: ItemView) -> list[str]:
    """Where a release that waits was brought already, and why not elsewhere."""
    if "staged" not in item:
        return []
    staged = item["staged"]
    lines = [f"  staged on {staged['done']} of {staged['total']}"]
    return lines + [f"    not on {host}: {printable(why)}" for host, why in staged["faults"].items()]


def _decided(change: ChangeView) -> list[str]:
    """What people said of it."""
    said = (("held by", change["held_by"]), ("aborted by", change["aborted_by"]), ("it was", change["rejection"]))
    lines = [f"  {what} {printable(text)}" for what, text in said if text]
    for approval in change["approvals"]:
        stale = "" if approval["current"] else " (of what it was before: it does not count)"
        if approval["current"] and approval["until"] and change["started"] is None:
            ended = approval["over"]
            stale = f" ({'ended at' if ended else 'until'} {clock(approval['until'])}{': ask again' if ended else ''})"
        lines.append(f"  approved by {printable(approval['by'])} {age(approval['at'])} ago{stale}")
    for key, value in change["evidence"].items():
        lines.append(f"  evidence: {printable(key)}={printable(value)}")
    for given in change["overrides"]:
        until = f"until {clock(given['until'])}" if given["active"] else "no more"
        lines.append(f"  {given['gate']} overridden by {printable(given['by'])} {until}: {printable(given['reason'])}")
    if change["not_before"]:
        lines.append(f"  not before {clock(change['not_before'])}")
    if change["expedited"]:
        lines.append("  moved ahead of the queue")
    return lines


def _move(move: MoveView) -> tuple[str, ...]:
    return (
        move["host"],
        move["domain"],
        f"{move['origin'] or 'nothing'} -> {move['goal'] or 'nothing'}",
        move["phase"] or move["state"],
        str(move["attempt"]) if move["attempt"] > 1 else "",
        move["detail"],
    )


def failure_text(change: ChangeView) -> str:
    """Why a change did not succeed: the sentence, the host and its check, the last log lines."""
    causes = "; ".join(first_line(item["failure"]) for item in change["items"] if item["failure"])
    lines = [f"change {change['id']} {change['state']}" + (f": {causes}" if causes else "")]
    for item in change["items"]:
        for move in item["moves"]:
            if move["state"] in BROKEN and (move["detail"] or move["log"]):
                lines.append(f"  {item['service']} {move['goal'] or ''} on {move['host']}: {printable(move['detail'])}")
                lines += [f"    | {printable(line)}" for line in move["log"][-LOG_LINES:]]
    held = [item["service"] for item in change["items"] if item["state"] in ("waiting", "paused")]
    if held:
        lines.append(f"  not started: {', '.join(held)}")
    return "\n".join(lines)
