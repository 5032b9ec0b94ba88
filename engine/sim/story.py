"""What people and misfortune do to one world, deed by deed. Each deed has a name that stays the same when
others are left out, so that a failing story can be told again without those that do not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deed:
    """One request of an operator or one fault. ``name`` is who and the how-manieth, as in ``ana.3``."""

    name: str
    at_s: float
    what: str

    def __str__(self) -> str:
        return f"{self.at_s:8.1f} s  {self.name:10} {self.what}"


class Story:
    """The deeds of one run. ``only``: nothing but these happens; None: everything."""

    def __init__(self, only: Collection[str] | None = None) -> None:
        self.deeds: list[Deed] = []
        self._only = None if only is None else frozenset(only)
        self._turns: Counter[str] = Counter()

    def turn(self, who: str) -> str:
        """The name of the next deed of somebody, whether or not it happens."""
        self._turns[who] += 1
        return f"{who}.{self._turns[who]}"

    def has(self, name: str, at_s: float, what: str) -> bool:
        """Whether the deed belongs to the story; then it is noted."""
        if self._only is not None and name not in self._only:
            return False
        self.deeds.append(Deed(name, at_s, what))
        return True
