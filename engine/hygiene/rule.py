"""What a rule of hygiene is: a name, a severity, and a pure function that remarks on keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.model.finding import Finding, Severity
from engine.model.inventory import Inventory, Position
from engine.model.release import Catalog


@dataclass(frozen=True, slots=True)
class Remark:
    """``message`` about the thing at the dotted ``key``: what is so, why it matters, how to mend it."""

    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding."""

    name: str
    severity: Severity
    remarks: Callable[[Inventory, Catalog], Iterable[Remark]]

    def findings(self, inventory: Inventory, catalog: Catalog) -> list[Finding]:
        """Everything the rule finds, each at its place."""
        return [self._finding(inventory, remark) for remark in self.remarks(inventory, catalog)]

    def _finding(self, inventory: Inventory, remark: Remark) -> Finding:
        place = position(inventory, remark.key)
        return Finding(place.file, place.line, self.severity, self.name, remark.message)


@dataclass(frozen=True, slots=True)
class TimedRule:
    """A kind of finding that depends on what time it is: the third argument, with its zone."""

    name: str
    severity: Severity
    remarks: Callable[[Inventory, Catalog, datetime], Iterable[Remark]]

    def at(self, now: datetime) -> Rule:
        """The rule as it is now."""
        return Rule(self.name, self.severity, lambda inventory, catalog: self.remarks(inventory, catalog, now))


def position(inventory: Inventory, key: str) -> Position:
    """Where ``key`` is declared, or the nearest thing around it."""
    while key:
        if key in inventory.positions:
            return inventory.positions[key]
        key = key.rpartition(".")[0]
    return next(iter(inventory.positions.values()), Position("inventory", 1))
