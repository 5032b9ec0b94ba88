"""``python -m tests.bench.watched_console SOCKET FILE``: the console as it is, with a clock on what it does: how long
a key takes from the terminal's driver to the frame that shows what it did, and when frames are drawn.
FILE gets both as JSON when it ends.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from textual import _time, events
from textual.events import Event
from textual.screen import Screen

import console.tui
from console.tui.app import Console
from console.tui.feed import Engine


def connected(address: str) -> Engine:
    """The client, loaded when it is needed, as by ``interlock console``."""
    from engine.api.client import Client

    return Client(address, timeout_s=10.0)


class Watched(Console):
    """Notes the keys and the frames."""

    CSS_PATH = str(Path(console.tui.__file__).parent / "console.tcss")

    def __init__(self, address: str, file: Path) -> None:
        super().__init__(lambda: connected(address))
        self._file = file
        self.keys_s: list[tuple[float, float]] = []
        self.frames_at: list[float] = []

    async def on_event(self, event: Event) -> None:
        """A key's time counts from its arrival, its CPU time from when it is dealt with, both to the next
        frame after that. CPU time is that of the loop's thread: others may have the machine."""
        cpu_s = time.thread_time()
        await super().on_event(event)
        if isinstance(event, events.Key):
            begun = event.time
            self.call_after_refresh(lambda: self.keys_s.append((_time.get_time() - begun, time.thread_time() - cpu_s)))

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        self.frames_at.append(_time.get_time())
        super()._display(screen, renderable)

    def on_unmount(self) -> None:
        """Leaves the figures."""
        super().on_unmount()
        self._file.write_text(json.dumps({"keys_s": self.keys_s, "frames_at": self.frames_at}), "utf-8")


if __name__ == "__main__":
    Watched(sys.argv[1], Path(sys.argv[2])).run()
