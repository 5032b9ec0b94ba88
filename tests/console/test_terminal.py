"""The console in a terminal of its own: it opens with an input among its modes, writes little, passes
nothing hostile on, and leaves with status 0. Pilot has no terminal, so none of this can be seen there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Terminal:
    """A program on a pseudo-terminal; ``out`` is every byte it wrote."""

    def __init__(
        self, *options: str, size: tuple[int, int] = (120, 40), program: Sequence[str] = (), home: str = ""
    ) -> None:
        self.out = b""
        self.status: int | None = None
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.chdir(ROOT)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", PYTHONPATH=str(ROOT))
            if home:
                os.environ.update(HOME=home, XDG_CONFIG_HOME=home, XDG_STATE_HOME=home)
            words = [*(program or (sys.executable, "-m", "tests.console.fake_board")), *options]
            os.execvp(words[0], words)

    def read(self, seconds: float) -> bytes:
        """What comes within ``seconds``."""
        start, end = len(self.out), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._take(left):
            pass
        return self.out[start:]

    def until(self, text: str, seconds: float = 20.0) -> None:
        """Reads until the text has been written since the last key."""
        start, end = len(self.out), time.monotonic() + seconds
        while text not in plain(self.out[start:]):
            if time.monotonic() > end or not self._take(1.0):
                raise AssertionError(f"{text!r} was never written; last: {plain(self.out)[-2000:]!r}")

    def press(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def left(self, seconds: float = 10.0) -> int:
        """The exit status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._take(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
        raise AssertionError("it goes on")

    def _take(self, seconds: float) -> bool:
        if not select.select([self.descriptor], [], [], max(0.0, seconds))[0]:
            return True
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            return False
        self.out += data
        return bool(data)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def plain(data: bytes) -> str:
    """The text without the sequences that place and colour it."""
    return re.sub(r"\x1b(\[[0-9;?<>=]*[ $]*[a-zA-Z]|[=>])", "", data.decode("utf-8", "replace"))


@pytest.fixture
def board(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    with Terminal(*getattr(request, "param", ())) as terminal:
        terminal.until("27 services")
        yield terminal


def test_it_opens_deploys_and_leaves(board: Terminal) -> None:
    board.press("d")
    board.until("deploy to")
    board.press("\r")
    board.until("would wait for")
    board.press("\r")
    board.until("change 43 is queued")
    for key in "2345678":
        board.press(key)
        board.read(0.3)
    board.press("/")
    board.press("eu-a")
    board.read(0.3)
    board.press("\x1b")
    board.read(0.3)
    board.press("q")
    assert board.left() == 0
    assert "The engine goes on without you: 41 (ledger, checkout) running" in plain(board.out)


@pytest.mark.parametrize("board", [("--play",)], indirect=True)
def test_a_changed_card_costs_less_than_two_kilobytes(board: Terminal) -> None:
    board.read(1.5)
    wrote = len(board.read(4.0))
    assert 0 < wrote < 4.0 / 0.5 * 2000


@pytest.mark.parametrize("board", [("--play",)], indirect=True)
def test_behind_a_dialog_nothing_is_painted(board: Terminal) -> None:
    board.press("?")
    board.until("help: map")
    board.read(1.0)
    assert len(board.read(3.0)) < 500


@pytest.mark.parametrize("board", [("--hostile",)], indirect=True)
def test_nothing_that_a_host_says_reaches_the_terminal(board: Terminal) -> None:
    for key in "12345678":
        board.press(key)
        board.read(0.5)
    board.press("q")
    assert board.left() == 0
    for payload in (b"\x1b]52", b"\x1b]0;pwned", b"\x1b]8;;", "\x9b31m".encode(), "\u202e".encode(), b"\x00"):
        assert payload not in board.out


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_it(board: Terminal, number: signal.Signals) -> None:
    os.kill(board.pid, number)
    assert board.left() == 128 + number


def test_a_terminal_that_is_gone_ends_it(board: Terminal) -> None:
    os.close(board.descriptor)
    board.descriptor, other = os.pipe()  # silent for as long as the other end is open
    try:
        assert board.left() == 128 + signal.SIGHUP
    finally:
        os.close(other)
