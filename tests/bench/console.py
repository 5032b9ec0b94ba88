"""The console in a terminal of its own, on an engine that is another process: how long from a key to its frame
and how often it repaints while 200 things a second change among 1,000 services, what it costs when nothing
happens, how many bytes a changed card is, and how soon it is there beside a bare Textual application
started in the same run. Times of other processes' load are kept out where CPU time says as much.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.terminal import Terminal

TITLE = (
    "The console: key to frame p99 < 50 ms, <= 20 repaints/s, idle CPU < 1%, card < 2 kB, first frame <= 1.4x and 2.0x"
)
SERVICES, UPDATES = 1_000, 200
KEYS, STARTS = 200, 7
PACE_S = 0.15  # between two keys: as quick as people type for long
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self): yield Static("bare is here")
Bare().run()
"""


@contextmanager
def engine(folder: Path, services: int, updates: float) -> Iterator[str]:
    """What answers like an engine; its socket."""
    address = str(folder / f"{services}-{updates:g}.sock")
    command = [sys.executable, "-m", "tests.bench.estate_server", address, str(services), str(updates)]
    with subprocess.Popen(command) as running:
        try:
            while not Path(address).exists():
                time.sleep(0.05)
            yield address
        finally:
            running.kill()


def watched(address: str, file: Path) -> list[str]:
    """The command of a console that is measured."""
    return [sys.executable, "-m", "tests.bench.watched_console", address, str(file)]


def _busy(folder: Path) -> list[dict[str, object]]:
    """Keys and repaints under updates, on the map and in the table."""
    file = folder / "busy.json"
    with engine(folder, SERVICES, UPDATES) as address, Terminal(watched(address, file), (120, 40)) as terminal:
        terminal.until(f"{SERVICES} services")
        terminal.read(3.0)
        for turn in range(KEYS):
            terminal.press("2" if turn == KEYS // 2 else "jk"[turn % 2])
            terminal.read(PACE_S)
        cpu_s, begun = terminal.cpu_s(), time.monotonic()
        terminal.read(5.0)
        share = (terminal.cpu_s() - cpu_s) / (time.monotonic() - begun)
        terminal.press("q")
        terminal.ended()
    told = json.loads(file.read_text("utf-8"))
    wall, cpu = (sorted(each[which] for each in told["keys_s"]) for which in (0, 1))
    return [
        _row("key to frame, median", wall[len(wall) // 2] * 1000, "ms", None),
        _row("key to frame, p99", wall[int(len(wall) * 0.99)] * 1000, "ms", 50),
        _row("its CPU time, median", cpu[len(cpu) // 2] * 1000, "ms", None),
        _row("its CPU time, p99", cpu[int(len(cpu) * 0.99)] * 1000, "ms", 50),
        _row("most repaints in a second without keys", most_in_a_second(told["frames_at"][-100:]), "", 20),
        _row("CPU while 200 a second change", share * 100, "%", None),
    ]


def most_in_a_second(at: list[float]) -> int:
    """The most of these times that lie within one second."""
    return max((bisect_left(at, begin + 1.0) - number for number, begin in enumerate(at)), default=0)


def _quiet(folder: Path) -> list[dict[str, object]]:
    """CPU of a console that nothing happens to; bytes of one card that changes twice a second."""
    with engine(folder, 27, 0) as address, Terminal(watched(address, folder / "idle.json"), (120, 40)) as terminal:
        terminal.until("27 services")
        terminal.read(5.0)
        cpu_s, begun = terminal.cpu_s(), time.monotonic()
        terminal.read(20.0)
        idle = (terminal.cpu_s() - cpu_s) / (time.monotonic() - begun)
    with engine(folder, 1, 2) as address, Terminal(watched(address, folder / "card.json"), (120, 40)) as terminal:
        terminal.until("1 services")
        terminal.read(3.0)
        wrote = len(terminal.read(10.0))
    return [_row("CPU when idle", idle * 100, "%", 1), _row("bytes for one changed card", wrote / 20, "B", 2000)]


def _starts(folder: Path) -> list[dict[str, object]]:
    """First frames beside a bare application's, by turns: the least CPU time of several starts."""
    bare: list[float] = []
    skeleton: list[float] = []
    live: list[float] = []
    with engine(folder, 27, 0) as address:
        for _ in range(STARTS):
            bare.append(_start([sys.executable, "-c", BARE], "bare is here"))
            skeleton.append(_start(watched(address, folder / "start.json"), "Insights"))
            live.append(_start(watched(address, folder / "start.json"), "27 services"))
    return [
        _row("bare application: CPU to its first frame", min(bare) * 1000, "ms", None),
        _row("skeleton, of bare", min(skeleton) / min(bare), "x", 1.4),
        _row("live data, of bare", min(live) / min(bare), "x", 2.0),
    ]


def _start(command: list[str], text: str) -> float:
    with Terminal(command, (120, 40)) as terminal:
        terminal.until(text)
        return terminal.cpu_s()


def _row(what: str, figure: float, unit: str, most: float | None) -> dict[str, object]:
    kept = "" if most is None else "yes" if figure <= most else "NO"
    limit = "" if most is None else f"{most:g} {unit}".strip()
    return {"what": what, "figure": f"{figure:.2f} {unit}".strip(), "at most": limit, "kept": kept}


PARTS: tuple[Callable[[Path], list[dict[str, object]]], ...] = (_busy, _quiet, _starts)


def measure() -> list[dict[str, object]]:
    """A row for each figure."""
    os.environ.setdefault("TERM", "xterm-256color")
    with tempfile.TemporaryDirectory() as folder:
        return [row for part in PARTS for row in part(Path(folder))]
