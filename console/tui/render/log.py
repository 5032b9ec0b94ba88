"""What happened to a change or a service, and what its placements wrote last, as lines."""

from __future__ import annotations

from console.tui.picture import Picture
from console.tui.render.line import Line, fit, length, line, pad, span
from console.tui.render.palette import BAD, FAINT, MUTED, TEXT
from engine.api.protocol import ChangeView


def about(subject: str, service: str) -> bool:
    """Whether an event's subject (SERVICE, SERVICE@ENV or a placement of it) is this service."""
    return subject == service or subject.startswith((f"{service}@", f"{service}/"))


def log_lines(picture: Picture, change: ChangeView | None, service: str, width: int) -> list[Line]:
    """What happened to a change or service, and what its placements wrote last, oldest first."""
    number = change["id"] if change else ""
    found: list[Line] = []
    for item in change["items"] if change else []:
        for move in item["moves"]:
            host = fit(f" {move['host']}", 18, FAINT)
            found += [line(host, span(f" {text}", MUTED)) for text in move["log"]]
            if move["detail"]:
                found.append(line(host, span(f" {move['state']}: {move['detail']}", BAD)))
    for event in picture.events:
        mine = (number and event["change"] == number) or (service and about(event["subject"], service))
        if not mine and (number or service):
            continue
        stamp = event["at"][11:19] if len(event["at"]) >= 19 else ""
        found.append(line(span(f" {stamp:<8} ", FAINT), span(event["message"], TEXT)))
        found += [line(span(" " * 10), span(text, MUTED)) for text in event.get("log", [])]
    return [pad(row, width) if length(row) < width else row for row in found]
