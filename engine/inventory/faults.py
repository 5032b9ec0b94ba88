"""Collects everything wrong with an inventory, so that an operator mends it in one go.

Text from files is quoted before it enters a message: it may hold escape sequences, or be
enormous. The number of faults and the search for near names are bounded, because a hostile
file can hold a million mistakes.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

from engine.errors import InventoryInvalid
from engine.model.finding import Finding, Severity
from engine.model.inventory import Position

MAX_FAULTS = 1000
MAX_SHOWN = 60
MAX_COMPARISONS = 50_000
MAX_LISTED = 8


def quote(text: str) -> str:
    """``text`` in quotes, harmless on a terminal and of a readable length."""
    return "'" + bare(_shorten(text)) + "'"


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def bare(text: str) -> str:
    """``text`` with everything unprintable written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def dotted(*path: str | int) -> str:
    """A key's place in the inventory, such as ``services.checkout.needs.0``."""
    return ".".join(
        bare(str(step) if len(str(step)) <= MAX_SHOWN else f"{str(step)[: MAX_SHOWN - 3]}...") for step in path
    )


class Faults:
    """Errors so far, in the order found; ``raise_if_any`` ends the attempt."""

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}
        self._comparisons = 0
        self._undeclared: set[str] = set()

    def add(self, where: Position, rule: str, message: str) -> None:
        """Note one error; the same one twice counts once."""
        if not self._is_full():
            finding = Finding(bare(where.file), where.line, Severity.ERROR, rule, message)
            self._found.setdefault(str(finding), finding)

    def unknown(self, where: Position, key: str, kind: str, name: str, known: Collection[str]) -> None:
        """Note a name that nothing goes by, with the nearest one that exists.

        Where nothing of the kind is declared at all, once is enough: the fault is there.
        """
        if not known and kind in self._undeclared:
            return
        self._undeclared |= set() if known else {kind}
        self.add(where, "unknown-name", f"{key}: no {kind} is called {quote(name)}{self.suggest(name, known, kind)}")

    def suggest(self, name: str, known: Collection[str], kind: str) -> str:
        """How a message about an unknown name ends: the nearest name, or the few there are."""
        if not known:
            return f"; the inventory declares no {kind}"
        near = self.nearest(name, known)
        if near:
            return f"; did you mean {bare(near)}?"
        if len(known) <= MAX_LISTED:
            return f"; known: {', '.join(bare(each) for each in sorted(known))}"
        return ""

    def nearest(self, name: str, known: Collection[str]) -> str:
        """The known name most like ``name``, or ""."""
        if self._is_full():
            return ""
        candidates = [each for each in known if abs(len(each) - len(name)) <= 1 + len(name) // 3]
        self._comparisons += len(candidates)
        if len(name) > MAX_SHOWN or self._comparisons > MAX_COMPARISONS:
            return ""
        return next(iter(difflib.get_close_matches(name, candidates, 1, 0.6)), "")

    def _is_full(self) -> bool:
        return len(self._found) > MAX_FAULTS

    def lines(self) -> tuple[str, ...]:
        """One printable line a fault, by file and line."""
        ordered = sorted(self._found.values(), key=lambda each: (each.file, each.line))
        lines = tuple(str(each) for each in ordered[:MAX_FAULTS])
        if len(ordered) > MAX_FAULTS:
            last = ordered[MAX_FAULTS - 1]
            lines += (f"{last.file}:{last.line}: error too-many: there are more errors; mend these first",)
        return lines

    def raise_if_any(self) -> None:
        """Raise InventoryInvalid with every fault noted."""
        if self._found:
            raise InventoryInvalid(self.lines())
