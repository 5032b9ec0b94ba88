"""The filter line: words that must all match, each a piece of text or ``team:``, ``state:``, ``host:``,
``domain:`` with a value. One grammar on every screen."""

from __future__ import annotations

from collections.abc import Iterable

from engine.api.protocol import ChangeView, HostView, StatusRow, WatchEvent

KEYS = ("team", "state", "host", "domain", "by", "kind", "change")


def _matches(query: str, text: str, keyed: dict[str, Iterable[str]]) -> bool:
    for word in query.lower().split():
        key, colon, value = word.partition(":")
        if colon and key in KEYS:
            if not any(value in one.lower() for one in keyed.get(key, ())):
                return False
        elif word not in text.lower():
            return False
    return True


def row_matches(query: str, row: StatusRow) -> bool:
    """Whether an instance is within the filter."""
    if not query.strip():
        return True
    text = " ".join((row["service"], row["team"], row["state"], *row["current"], row["desired"] or ""))
    keyed: dict[str, Iterable[str]] = {
        "team": (row["team"],),
        "state": (row["state"],),
        "host": [place["host"] for place in row["placements"]],
        "domain": [place["domain"] for place in row["placements"]],
    }
    return _matches(query, text, keyed)


def change_matches(query: str, change: ChangeView) -> bool:
    """Whether a change is within the filter."""
    if not query.strip():
        return True
    items = [f"{item['service']} {item['to']}" for item in change["items"]]
    text = " ".join((change["id"], change["state"], change["requested_by"], change["reason"], *items))
    return _matches(query, text, {"state": (change["state"],), "by": (change["requested_by"],)})


def host_matches(query: str, host: HostView) -> bool:
    """Whether a host is within the filter."""
    if not query.strip():
        return True
    text = " ".join((host["host"], host["domain"], host["address"], host["state"], *host["placements"]))
    keyed: dict[str, Iterable[str]] = {
        "state": (host["state"],),
        "host": (host["host"],),
        "domain": (host["domain"],),
    }
    return _matches(query, text, keyed)


def event_matches(query: str, event: WatchEvent) -> bool:
    """Whether an event is within the filter. A change is meant whole: ``change:4`` is not 41."""
    if not query.strip():
        return True
    words = [word for word in query.split() if not word.lower().startswith("change:")]
    numbers = [word[len("change:") :] for word in query.split() if word.lower().startswith("change:")]
    if any(number and number != event["change"] for number in numbers):
        return False
    text = " ".join((event["kind"], event["change"], event["subject"], event["message"], event["at"]))
    return _matches(" ".join(words), text, {"kind": (event["kind"],), "by": (event["message"],)})
