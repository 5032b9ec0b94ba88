"""One planted bug: an exact text of a file and what stands there instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """``old`` stands exactly once in ``file`` and becomes ``new``; ``breaks`` is what the program does wrong
    then. ``tests``: the arguments of pytest that name the tests which have to notice."""

    name: str
    file: str
    old: str
    new: str
    breaks: str
    tests: str

    def fault(self, root: Path) -> str:
        """Why it cannot be planted in the tree at ``root``, "" if it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.name}: there is no {self.file} any more"
        count = path.read_text(encoding="utf-8").count(self.old)
        return "" if count == 1 else f"{self.name}: {self.file} holds its text {count} times, not once"

    def plant(self, root: Path) -> str:
        """Plant it in a copy of the tree; returns the file as it was."""
        path = root / self.file
        before = path.read_text(encoding="utf-8")
        path.write_text(before.replace(self.old, self.new), encoding="utf-8")
        return before

    def weed(self, root: Path, before: str) -> None:
        """Put back what ``plant`` returned."""
        (root / self.file).write_text(before, encoding="utf-8")
