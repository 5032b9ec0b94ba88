"""A program on a pseudo-terminal: keys in, bytes out, and the CPU time that it has used."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Terminal:
    """Runs ``command`` at a size; it is killed when the block ends."""

    def __init__(self, command: list[str], size: tuple[int, int]) -> None:
        self._out = b""
        self._over = False
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.chdir(ROOT)
            for name in ("COLUMNS", "LINES", "NO_COLOR"):
                os.environ.pop(name, None)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(command[0], command)

    def read(self, seconds: float) -> bytes:
        """What comes within ``seconds``."""
        start, end = len(self._out), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._over:
            self._take(left)
        return self._out[start:]

    def until(self, text: str, seconds: float = 60.0) -> None:
        """Reads until a text has been written."""
        end = time.monotonic() + seconds
        while text not in _plain(self._out):
            if time.monotonic() > end or self._over:
                raise AssertionError(f"{text!r} was never written: {_plain(self._out)[-1000:]}")
            self._take(0.5)

    def press(self, keys: str) -> None:
        """Types."""
        os.write(self._descriptor, keys.encode())

    def cpu_s(self) -> float:
        """CPU seconds used so far, by all its threads."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def ended(self, seconds: float = 20.0) -> None:
        """Waits until it has ended by itself."""
        end = time.monotonic() + seconds
        while not self._over and time.monotonic() < end:
            self._take(0.5)
        os.waitpid(self.pid, 0)
        self.pid = 0

    def _take(self, seconds: float) -> None:
        if not select.select([self._descriptor], [], [], max(0.0, seconds))[0]:
            return
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:
            data = b""
        self._out += data
        self._over = not data

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._descriptor)


def _plain(data: bytes) -> str:
    return re.sub(r"\x1b(\[[0-9;?<>=]*[ $]*[a-zA-Z]|[=>])", "", data.decode("utf-8", "replace"))
