"""The engine's Unix socket: made before the server sees it, never open wider than 0660.

A socket left behind by an engine that died is removed; one that answers is another engine's,
and anything that is no socket is somebody's file: both are left alone.
"""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.api.address import connect, connectable
from engine.errors import InterlockError

_UMASK = 0o117
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and the file that names it."""

    path: Path
    socket: socket.socket
    identity: tuple[int, int, int] | None

    def close(self) -> None:
        """Close the socket and remove its name, unless another engine has put its own there."""
        self.socket.close()
        if self.identity is not None and _identity(self.path) == self.identity:
            with suppress(OSError):
                self.path.unlink()


def open_listener(path: Path) -> Listener:
    """A listening socket at ``path``, mode 0660. Raises InterlockError if the place is taken
    or cannot be used."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _clear(path)
        return Listener(path, _bind(path), _identity(path))
    except OSError as error:
        raise InterlockError(
            f"The engine's socket {path} cannot be made: {error.strerror or error}. "
            "Nothing was started; mend its folder's permissions, or choose another place with --engine."
        ) from error


def _clear(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise InterlockError(f"{path} is not a socket: it was left as it is; move it away or choose another --engine.")
    try:
        connect(str(path), 2.0).close()
    except ConnectionRefusedError:
        path.unlink()
        return
    except TimeoutError:
        pass  # alive, only slow
    raise InterlockError(f"Another engine answers at {path}. Nothing was started; use that one, or stop it first.")


def _bind(path: Path) -> socket.socket:
    name, descriptor = connectable(str(path))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(_UMASK)
    try:
        listener.bind(name)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
        if descriptor is not None:
            os.close(descriptor)
    return listener


def _identity(path: Path) -> tuple[int, int, int] | None:
    """What tells one socket from its successor; an inode alone is given out again at once."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_mtime_ns)
