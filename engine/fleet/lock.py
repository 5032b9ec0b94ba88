"""One fleet a folder: a lock that the kernel lets go of however its holder ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

from engine.errors import InterlockError


class FleetRuns(InterlockError):
    """A fleet runs in this folder already."""


class FolderLock:
    """The lock file of one folder; holds the process id of whoever has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    @property
    def is_held(self) -> bool:
        """Whether this very object holds the lock."""
        return self._file is not None

    def take(self) -> None:
        """Take the lock for this process. Raises FleetRuns, with the process that has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = open(self._path, "a+", encoding="utf-8")  # noqa: SIM115  # held until release
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.closing(file):
                file.seek(0)
                holder = file.read().strip() or "unknown"
            folder = self._path.parent.parent
            raise FleetRuns(
                f"a fleet runs in {folder} already (process {holder}): stop it, or choose another folder with --dir"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go of it, if it is held."""
        if self._file:
            self._file.close()
            self._file = None

    def check(self) -> None:
        """Raise FleetRuns if somebody else holds the lock."""
        if self._path.exists():
            probe = FolderLock(self._path)
            probe.take()
            probe.release()
