"""The journal as a chain: every event carries the hash of itself and of the one before it, so that
what is edited, left out or put elsewhere shows at the first event after it (as in certificate
transparency logs and git; a chain, not a tree, because it is only ever read whole).

The hash is sha256 over seven lines in UTF-8: the hash before, then seq, at, elapsed_s, kind,
change ("-" if none), body; the last without an end of line. So it can be worked out again with
a shell. Events from before the chain existed have none; it begins with the first that does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

# seq, at (RFC 3339), elapsed_s, kind, change, body (JSON)
EventRow = tuple[int, str, float, str, str | None, str]
START = "0" * 64


class Entry(NamedTuple):
    """One event as it is kept. ``hash`` is None for one from before the chain."""

    seq: int
    at: str
    elapsed_s: float
    kind: str
    change: str | None
    body: str
    hash: str | None

    @property
    def row(self) -> EventRow:
        """The entry without its hash."""
        return (self.seq, self.at, self.elapsed_s, self.kind, self.change, self.body)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a chain holds. ``wrong``: what is wrong at ``seq``, "" if nothing is; ``entries``
    were looked at, the first ``unchained`` of which are from before the chain; ``head`` is the
    last hash."""

    entries: int = 0
    unchained: int = 0
    seq: int = 0
    head: str = START
    wrong: str = ""


def link(before: str, row: EventRow) -> str:
    """The hash of an event that follows the one with hash ``before``."""
    seq, at, elapsed_s, kind, change, body = row
    text = f"{before}\n{seq}\n{at}\n{float(elapsed_s)!r}\n{kind}\n{change or '-'}\n{body}"
    return hashlib.sha256(text.encode()).hexdigest()


def chained(before: str, rows: Iterable[EventRow]) -> tuple[Entry, ...]:
    """The rows as entries, each linked to the one before it."""
    found: list[Entry] = []
    for row in rows:
        before = link(before, row)
        found.append(Entry(*row, before))
    return tuple(found)


def verify(entries: Iterable[Entry], so_far: Verdict = Verdict()) -> Verdict:
    """The verdict after some more entries, in order; it stays at the first that is wrong."""
    at = so_far
    for entry in entries:
        if at.wrong:
            break
        at = _next(at, entry)
    return at


def _next(at: Verdict, entry: Entry) -> Verdict:
    wrong, head = "", at.head
    if entry.seq != at.seq + 1:
        wrong = f"event {at.seq + 1} is missing" if entry.seq > at.seq else f"event {entry.seq} stands after {at.seq}"
    elif entry.hash is None and at.entries > at.unchained:
        wrong = f"event {entry.seq} has lost its hash"
    elif entry.hash is not None:
        head = entry.hash
        if link(at.head, entry.row) != head:
            wrong = f"event {entry.seq} is not what was written, or what stood before it was changed"
    unchained = at.unchained + (entry.hash is None)
    return Verdict(at.entries + 1, unchained, at.seq if wrong else entry.seq, at.head if wrong else head, wrong)
