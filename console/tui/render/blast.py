"""What a decision touches, as lines for the dialog that asks once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from console.tui.picture import Picture
from console.tui.render.card import motion
from console.tui.render.line import Line, line, span, wrap
from console.tui.render.moves import move_text
from console.tui.render.palette import ACCENT, BAD, FAINT, MUTED, STRONG, TEXT, WARN
from console.tui.render.times import parse
from engine.api.protocol import BadView, ChangeView, ItemView, LetLooseView, PlanView


def cancel_lines(change: ChangeView) -> list[Line]:
    """The parts that leave the queue, and those that do not."""
    found: list[Line] = []
    for item in change["items"]:
        if item["state"] == "waiting":
            found.append(
                line(span(f" {item['service']}", STRONG), span(f"  stays at {item['from'] or 'nothing'}", TEXT),
                     span(f", {item['to']} is not installed", MUTED))
            )  # fmt: skip
        else:
            found.append(line(span(f" {item['service']}", TEXT), span(f"  is {item['state']}: not touched", MUTED)))
    return found


def approve_lines(change: ChangeView) -> list[Line]:
    """What the yes is to: the moves, who asks and why, the evidence, and what is still missing."""
    found = [_move_line(item) for item in change["items"]]
    asks = f" asked by {change['requested_by']}" + (f": {change['reason']}" if change["reason"] else "")
    found.append(line(span(asks, MUTED)))
    found += [line(span(f" {key}: {value}", TEXT)) for key, value in change["evidence"].items()]
    found += [line(span(f" {w['message']}", FAINT)) for w in change["waits"] if w["reason"] == "ApprovalRequired"][:3]
    return found


def promote_lines(change: ChangeView) -> list[Line]:
    """The canaries that would go on, and where each service's rollout is."""
    found: list[Line] = []
    for item in change["items"]:
        if stage := item.get("stage"):
            found.append(_move_line(item))
            style = WARN if stage["awaits_promotion"] else MUTED
            found.append(
                line(span(f"   stage {stage['number']} of {stage['count']}: ", FAINT), span(stage["text"], style))
            )
    return found


def abort_lines(change: ChangeView) -> list[Line]:
    """What goes back, what does not start, and what becomes of the rest."""
    done = "goes back too, in reverse order" if change["on_failure"] == "revert_all" else "stays"
    fate = {"running": "goes back at its safe point", "paused": "goes back", "waiting": "does not start",
            "succeeded": done}  # fmt: skip
    return [
        line(span(f" {item['service']}", STRONG), span(f"  {move_text(item)}", TEXT),
             span(f"  {fate.get(item['state'], item['state'])}", MUTED))
        for item in change["items"]
    ]  # fmt: skip


def mark_line(chosen: bool) -> Line:
    """The choice whether the version that is left is bad from now on, and its key."""
    return line(span(f" [{'x' if chosen else ' '}] ", STRONG), span("mark the version that is left as bad ", TEXT),
                span("(b)", FAINT))  # fmt: skip


def _move_line(item: ItemView) -> Line:
    return line(span(f" {item['service']}", STRONG), span(f"  {move_text(item)}", TEXT))


def rollback_lines(picture: Picture, environment: str, services: Mapping[str, str]) -> list[Line]:
    """Each service with its placements, the version it goes back to ("": its newest good one, which
    the engine knows), and the services that need it."""
    found: list[Line] = []
    for service, version in services.items():
        where = motion(picture.row(service, environment))
        found.append(
            line(
                span(f" {service}@{environment}", STRONG),
                span(f"  {where.current}{f' → {where.goal}' if where.goal else ''}", TEXT),
                span(f"  on {where.total} placements", MUTED),
                span(f"  back to {version}" if version else "  to its newest good version", TEXT),
            )
        )
        node = picture.services.get(service)
        if node and node["needed_by"]:
            found.append(line(span("   needed by ", FAINT), span(", ".join(node["needed_by"]), WARN)))
    found.append(line(span(" Dependency order and budgets are kept; other gates are not asked.", FAINT)))
    return found


def goal_lines(plan: PlanView) -> list[Line]:
    """Where the way back leads, as the engine sees it; or why it does not go there."""
    if plan["refused"]:
        return [line(span(" ✗ ", BAD), span(plan["refused"], BAD))]
    return [line(span(f" {step['service']}", STRONG), span(f"  {move_text(step)}", TEXT)) for step in plan["steps"]]


def chain_lines(plan: PlanView) -> list[Line]:
    """What would have to go back together, in order, and the key that takes it."""
    found = [line(), line(span(" Others refuse the older version. ", WARN), span("c", STRONG),
                          span(" takes the whole chain back:", TEXT))]  # fmt: skip
    for number, leg in enumerate(plan["chain"], 1):
        move = f" {leg['from'] or 'nothing'} → {leg['to']}"
        found.append(line(span(f"  {number}. ", FAINT), span(leg["service"], STRONG), span(move, TEXT)))
    return found


def advice_lines(plan: PlanView) -> list[Line]:
    """What a way back that others refuse would need: the commands that go there."""
    said = dict.fromkeys(wait["unblock"] for wait in plan["waits"] if wait["gate"] == "dependency" and wait["unblock"])
    found = [line(span(" Others refuse the older version: it would wait. ", WARN))] if said else []
    return found + [line(span("   instead: ", FAINT), span(text, TEXT)) for text in said]


def bad_line(service: str, mark: BadView) -> Line:
    """A bad version: where, since whose word, and why."""
    return line(
        span(f"{service} {mark['version']}", BAD),
        span(f"  in {mark['environment']}", TEXT),
        span(f"  {mark['reason']}", MUTED),
        span(f"  ({mark['by']})", FAINT),
    )


def bad_of(change: ChangeView, picture: Picture) -> list[tuple[str, BadView]]:
    """The marks on what a change would bring, by service."""
    found = []
    for item in change["items"]:
        row = picture.row(item["service"], change["environment"])
        found += [(item["service"], mark) for mark in (row["bad"] if row else []) if mark["version"] == item["to"]]
    return found


def retry_lines(change: ChangeView, picture: Picture) -> list[Line]:
    """What begins anew, what stays, and the marks that go."""
    anew = {"failed": "begins anew", "reverted": "begins anew", "waiting": "starts after all"}
    found = []
    for item in change["items"]:
        fate = anew.get(item["state"], f"is {item['state']}: not touched")
        found.append((*_move_line(item), span(f"  {fate}", MUTED)))
    marks = bad_of(change, picture)
    if marks:
        found += [line(), line(span(" clears these marks, which the reason has to justify", WARN))]
        found += [line(span("   "), *bad_line(service, mark)) for service, mark in marks]
    return found


def expedite_lines(change: ChangeView, queue: Sequence[ChangeView]) -> list[Line]:
    """Whom it passes; its own gates hold it as before."""
    numbers = [other["id"] for other in queue]
    at = numbers.index(change["id"]) if change["id"] in numbers else 0
    passed = [other for other in queue[:at] if other["state"] == "waiting"]
    found = [_move_line(item) for item in change["items"]]
    names = ", ".join(f"{other['id']} ({', '.join(i['service'] for i in other['items'])})" for other in passed)
    found.append(line(span(" goes before ", MUTED), span(names or "nobody: it is the first", TEXT)))
    found.append(line(span(" Its own gates hold it as before.", FAINT)))
    return found


def hold_lines(held: bool, is_instance: bool) -> list[Line]:
    """What a hold or a release means."""
    if held:
        said = "The engine may start and heal it again." if is_instance else "It may start once its gates are open."
    else:
        kept = "Nothing starts on it and nothing is healed" if is_instance else "It keeps its place and does not start"
        said = f"{kept}, until somebody releases it."
    return [line(span(f" {said}", TEXT))]


def loose_lines(seen: LetLooseView, now: datetime, width: int) -> list[Line]:
    """What an override would let loose: the waits lifted, what starts at once, what still holds it."""
    if seen["refused"]:
        return [
            line(span(f"{'✗ ' if not i else '  '}{row}", BAD)) for i, row in enumerate(wrap(seen["refused"], width - 4))
        ]
    end = parse(seen["until"])
    ends = f" until {end.astimezone(now.tzinfo):%H:%M %d %b}" if end else ""
    found = [
        line(span("lifts ", MUTED), span(w["reason"], WARN), span(f" of {w['subject']}{ends}", TEXT))
        for w in seen["lifts"]
    ]
    found += [
        line(
            span("► starts at once ", ACCENT),
            span(f"{start['service']} {start['to']}", STRONG),
            span(f"  change {start['change']}", MUTED),
        )
        for start in seen["starts"]
    ]
    if not seen["starts"]:
        found.append(line(span("nothing starts at once", MUTED)))
    found += [
        line(span("◔ still held by ", MUTED), span(w["reason"], WARN), span(f"  {w['message']}", FAINT))
        for w in seen["still"][:3]
    ]
    return found
