"""The fleet's process, seen from whoever started it: faults go in as lines of JSON, answers
come out, and closing its input ends it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engine
from engine.errors import InterlockError
from engine.fleet import processes
from engine.fleet.layout import Folders

START_TIMEOUT_S = 60.0
FAULT_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0
EXIT_ADDRESS_TAKEN = 75
LOG_TAIL = 2000


class FleetFailed(InterlockError):
    """The embedded fleet did not come up, or does not answer; the message has its last words."""


class NoFreeAddress(FleetFailed):
    """An address of the fleet is taken by somebody else."""


@dataclass(slots=True)
class FleetProcess:
    """A running fleet. ``inventory`` and ``state`` are what an engine is started with."""

    folders: Folders
    child: subprocess.Popen[bytes]

    @property
    def inventory(self) -> Path:
        """The inventory to load."""
        return self.folders.inventory

    @property
    def state(self) -> Path:
        """The engine's state folder."""
        return self.folders.state

    @property
    def pid(self) -> int:
        """The process that holds the hosts."""
        return self.child.pid

    @classmethod
    def start(cls, folders: Folders) -> FleetProcess:
        """Start the fleet of a prepared folder and wait until it is ready. Raises NoFreeAddress
        or FleetFailed; nothing is left running then."""
        folders.log.parent.mkdir(parents=True, exist_ok=True)
        with open(folders.log, "wb") as log:
            child = subprocess.Popen(  # noqa: S603  # our own module, our own folder
                [sys.executable, "-P", "-m", "engine.fleet", "--dir", str(folders.root), "--attached"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": _import_path()},
                start_new_session=True,  # ctrl-C in the terminal is for the engine, which stops first
            )
        fleet = cls(folders, child)
        try:
            fleet._answer(START_TIMEOUT_S)
        except BaseException:
            fleet.stop()
            raise
        return fleet

    def inflict(self, fault: str, host: str) -> None:
        """Do ``cut``, ``freeze``, ``heal``, ``crash`` or ``boot`` to a host, and return when it
        is done. Raises FleetFailed."""
        assert self.child.stdin  # noqa: S101  # started with a pipe
        self.child.stdin.write(json.dumps({"do": fault, "host": host}).encode() + b"\n")
        self.child.stdin.flush()
        answer = self._answer(FAULT_TIMEOUT_S)
        if "error" in answer:
            raise FleetFailed(str(answer["error"]))

    def stop(self) -> None:
        """Stop the fleet and everything on it."""
        with contextlib.suppress(OSError):
            if self.child.stdin:
                self.child.stdin.close()
        try:
            self.child.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            processes.end_all({str(path) for path in self.folders.hosts.glob("*")})
        if self.child.stdout:
            self.child.stdout.close()

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        """The next line from the fleet."""
        assert self.child.stdout  # noqa: S101  # started with a pipe
        number = self.child.stdout.fileno()
        line = b""
        deadline = time.monotonic() + timeout_s
        while not line.endswith(b"\n"):
            if not select.select([number], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise FleetFailed(f"the embedded fleet said nothing for {timeout_s:.0f} s; {self._last_words()}")
            data = os.read(number, 65536)
            if not data:
                raise self._ended()
            line += data
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> FleetFailed:
        status = self.child.wait()
        kind = NoFreeAddress if status == EXIT_ADDRESS_TAKEN else FleetFailed
        return kind(f"the embedded fleet ended with status {status}; {self._last_words()}")

    def _last_words(self) -> str:
        text = self.folders.log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:].strip()
        return f"its last words ({self.folders.log}): {text or 'none'}"


def _import_path() -> str:
    """Where the child finds this very package, wherever we stand: with ``-P`` the present folder,
    which may hold an ``engine`` of its own, is not searched."""
    root = str(Path(engine.__file__ or "").resolve().parent.parent)
    return os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
