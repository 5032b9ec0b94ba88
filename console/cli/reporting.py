"""What is shown of a change while it is followed: progress bars, or a line for each news."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, Protocol, Self

from console.cli.render.changes import move_text
from console.cli.render.waits import wait_lines
from console.cli.session import is_terminal, say
from engine.api.protocol import ChangeView, ItemView
from engine.model.text import printable

# Time that is left: a line that differs in nothing else is no news, or a bake would fill a log with its seconds.
LEFT = re.compile(r"\b(?:\d+(?:\.\d+)?(?:ms|[smhd]))+\b|\b\d+(?:\.\d+)? s\b")
TOLD_ABOVE_BARS = (" waits, ", "    to move it: ", ": failed", ": reverted")


class Reporter(Protocol):
    """Shows one change, again and again."""

    def update(self, change: ChangeView) -> None:
        """The change as it is now."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None: ...


def reporter() -> Reporter:
    """Bars on a terminal, lines elsewhere."""
    return Bars() if is_terminal() else Lines()


class News:
    """What of a change was not said yet."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def of(self, change: ChangeView) -> list[str]:
        """The lines that are new: states of items, outcomes of moves, waits."""
        lines: list[str] = []
        for item in change["items"]:
            if item["state"] != "waiting":
                lines.append(f"{move_text(item)}: {item['state']}")
            for move in item["moves"]:
                step = f"{item['service']} on {printable(move['host'])} -> {printable(move['goal'] or 'nothing')}"
                again = f", attempt {move['attempt']}" if move["attempt"] > 1 else ""
                detail = f": {printable(move['detail'])}" if move["detail"] else ""
                lines.append(f"  {step}: {move['phase'] or move['state']}{again}{detail}")
        lines += self._waits(change)
        new: list[str] = []
        for line in lines:
            news = LEFT.sub("", line)
            if news not in self._said:
                self._said.add(news)
                new.append(line)
        return new

    def _waits(self, change: ChangeView) -> list[str]:
        """Waits without their age, which would make each of them new every second."""
        return wait_lines([{**wait, "since": None} for wait in change["waits"]])


class Lines:
    """A plain line on stderr for each news."""

    def __init__(self) -> None:
        self._news = News()

    def update(self, change: ChangeView) -> None:
        """Say what is new."""
        for line in self._news.of(change):
            say(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        pass


class Bars:
    """A bar for each service on stderr; waits and failures are lines above them."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._news = News()
        self._tasks: dict[str, Any] = {}
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} placements", markup=False),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
        )

    def update(self, change: ChangeView) -> None:
        """Move the bars."""
        for item in change["items"]:
            name = item["service"]
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(
                    move_text(item), total=item["total"] or 1, note="", start=False
                )
            task = self._tasks[name]
            if item["state"] != "waiting":
                self._progress.start_task(task)
            if item["state"] in ("succeeded", "failed", "reverted"):
                self._progress.stop_task(task)
            self._progress.update(task, completed=item["done"], total=item["total"] or 1, note=_note(item))
        for line in self._news.of(change):
            if any(mark in line for mark in TOLD_ABOVE_BARS):
                self._progress.console.print(line, markup=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._progress.stop()


def _note(item: ItemView) -> str:
    """What happens now: the moves under way, or the item's state."""
    moving = [f"{printable(move['host'])} {move['phase']}" for move in item["moves"] if move["phase"]]
    return (
        ", ".join(moving[:2]) + (f" and {len(moving) - 2} more" if len(moving) > 2 else "") if moving else item["state"]
    )
