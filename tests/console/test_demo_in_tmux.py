"""The first thing a stranger does, under a real terminal: open the demo, press d, type a version,
press enter, and watch it converge. What tmux captured on the way is kept beside the test's log.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REQUIRED = os.environ.get("INTERLOCK_REQUIRE_LAB") == "1"
WIDTH, HEIGHT = 120, 40


class Terminal:
    """One tmux server of its own, with one window."""

    def __init__(self, tmux: str, folder: Path) -> None:
        self._command = [tmux, "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._folder = folder
        self._shots = 0

    def run(self, *arguments: str) -> str:
        """One tmux command."""
        return subprocess.run([*self._command, *arguments], check=True, capture_output=True, text=True).stdout

    def open(self, *command: str) -> None:
        """Start a program in a new window."""
        size = ("-x", str(WIDTH), "-y", str(HEIGHT))
        # Test tools set COLUMNS and LINES, which would count for more than the window's size.
        self.run("new-session", "-d", *size, "env", "-u", "COLUMNS", "-u", "LINES", *command)

    def type(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.run("send-keys", *keys)

    def screen(self) -> str:
        """What the window shows now."""
        return self.run("capture-pane", "-p")

    def until(self, shows: Callable[[str], bool], what: str, timeout_s: float = 60.0) -> str:
        """Wait until the screen shows something; keeps a capture of it."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            screen = self.screen()
            if shows(screen):
                self._shots += 1
                (self._folder / f"capture-{self._shots}.txt").write_text(screen)
                return screen
            time.sleep(0.1)
        raise AssertionError(f"no {what} within {timeout_s} s; the screen shows:\n{self.screen()}")

    def is_over(self) -> bool:
        """Whether the program has ended and its window with it."""
        return subprocess.run([*self._command, "has-session"], check=False, capture_output=True).returncode != 0


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    tmux = shutil.which("tmux")
    if tmux is None:
        (pytest.fail if REQUIRED else pytest.skip)("tmux is not installed")
    terminal = Terminal(tmux, tmp_path)
    yield terminal
    if not terminal.is_over():
        terminal.run("kill-server")


def test_open_the_demo_press_d_type_a_version_and_watch_it_converge(terminal: Terminal, tmp_path: Path) -> None:
    terminal.open(sys.executable, "-m", "console", "demo", "--dir", str(tmp_path / "demo"))
    terminal.until(lambda s: "27 converged" in s, "map of 27 converged services", 90)
    terminal.type("/", "ledger", "Enter")  # typed ahead, as people do
    terminal.until(lambda s: "ledger@prod" in s and "3.2.1 on all 2" in s, "ledger in the detail pane")
    terminal.type("d", "3.3.0")
    terminal.until(lambda s: "ledger=3.3.0" in s and "3.2.1 → 3.3.0" in s, "preview of what enter would do")
    terminal.type("Enter")
    terminal.until(lambda s: "1 in flight" in s, "move in flight", 20)
    terminal.until(lambda s: "3.3.0 on all 2" in s and "0 in flight" in s, "ledger converged at 3.3.0", 60)
    terminal.type("q")
    deadline = time.monotonic() + 30
    while not terminal.is_over() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert terminal.is_over(), terminal.screen()
