"""What can be typed in the deploy line: ``service=version service=version``. Pure: text and a picture in,
suggestions out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from console.tui.picture import Picture

MOST = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``text`` is the whole line if it is taken; ``word`` what is shown, ``note`` beside it."""

    text: str
    word: str
    note: str = ""


def parse(text: str) -> tuple[dict[str, str], str]:
    """The services and versions typed, and what is not yet complete as a sentence ("" if all is)."""
    wanted: dict[str, str] = {}
    for word in text.split():
        service, equals, version = word.partition("=")
        if not equals or not version:
            return wanted, f"{service}: which version?"
        if not service:
            return wanted, f"={version}: of which service?"
        if service in wanted:
            return wanted, f"{service} is named twice"
        wanted[service] = version
    return wanted, "" if wanted else "name a service and a version: service=version"


def fuzzy(pattern: str, text: str) -> int | None:
    """How badly ``pattern`` matches as a subsequence (0 is a prefix), None if it does not."""
    pattern, text = pattern.lower(), text.lower()
    if text.startswith(pattern):
        return 0
    if pattern in text:
        return 1 + text.index(pattern)
    at, gaps = -1, 0
    for char in pattern:
        found = text.find(char, at + 1)
        if found < 0:
            return None
        gaps += found - at - 1
        at = found
    return 100 + gaps


def suggest(text: str, picture: Picture, environment: str, selected: str) -> list[Suggestion]:
    """Completions of the last word: services (the selected one first), or versions, newest first."""
    head, space, word = text.rpartition(" ")
    before = head + space
    service, equals, version = word.partition("=")
    if equals:
        return _versions(before, service, version, picture, environment)
    taken = {part.partition("=")[0] for part in head.split()}
    names = [row["service"] for row in picture.rows(environment) if row["service"] not in taken]
    ranked = _ranked(service, names, selected)
    found = []
    for name in ranked[:MOST]:
        row = picture.row(name, environment)
        running = ", ".join(row["current"]) if row else ""
        found.append(Suggestion(f"{before}{name}=", name, f"{running}  {row['team']}" if row else ""))
    return found


def _ranked(pattern: str, names: Iterable[str], first: str) -> list[str]:
    scored = [(score, name != first, name) for name in names if (score := fuzzy(pattern, name)) is not None]
    return [name for _, _, name in sorted(scored)]


def _versions(before: str, service: str, version: str, picture: Picture, environment: str) -> list[Suggestion]:
    node = picture.services.get(service)
    row = picture.row(service, environment)
    if node is None:
        return []
    found = []
    scored = [(s, i, v) for i, v in enumerate(node["versions"]) if (s := fuzzy(version, v)) is not None]
    bad = {mark["version"]: mark for mark in row["bad"]} if row else {}
    for _, _, known in sorted(scored, key=lambda each: (each[2] in bad, each))[:MOST]:
        note = "runs now" if row and known in row["current"] else "newest" if known == node["versions"][0] else ""
        if known in bad:
            note = f"⊘ bad: {bad[known]['reason']}"
        found.append(Suggestion(f"{before}{service}={known}", known, note))
    return found
