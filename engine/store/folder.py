"""The state folder: who holds it, and that nobody else can read it.

The lock is the kernel's (flock): it goes with its process however that ends, so a stale lock
cannot be. The file holds the pid for the message only.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.errors import StoreError, StoreLocked

JOURNAL = "journal.db"
LOCK = "journal.lock"


class Held:
    """A state folder held by this process until ``let_go``."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self.journal = folder / JOURNAL
        self._descriptor = descriptor

    def let_go(self) -> None:
        """Let another engine take it; doing so twice does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def hold(folder: Path) -> Held:
    """Make the folder (0700) and its journal file (0600) if need be, and lock it.

    Raises StoreLocked if another engine holds it, StoreError if it cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"the state folder {folder} cannot be used: {error.strerror}. Nothing was changed; "
            "choose another with --state, or mend its permissions."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        os.close(os.open(folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise StoreLocked(
            f"another engine ({f'process {holder}' if holder else 'its process is not known'}) works on the "
            f"state folder {folder}. Nothing was changed; stop it, or give this one a folder of its own with --state."
        ) from None
    except OSError as error:
        os.close(descriptor)
        raise StoreError(
            f"the state folder {folder} cannot be used: {error.strerror}. Nothing was changed; "
            "mend its permissions or free some space."
        ) from error
    return Held(folder, descriptor)
