"""Something on a Unix socket that is no engine, whatever it says: it answers every request as it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Liar:
    """``answer`` is the body of every answer, ``head`` what stands before it."""

    def __init__(self, path: Path) -> None:
        self.answer = b""
        self.head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(16)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(5)
                    connection.recv(65536)
                    connection.sendall(self.head + self.answer)


@contextmanager
def liar(path: Path) -> Iterator[Liar]:
    """One that listens at ``path``."""
    made = Liar(path)
    try:
        yield made
    finally:
        made.listener.shutdown(socket.SHUT_RDWR)
        made.listener.close()
        made.thread.join(5)
