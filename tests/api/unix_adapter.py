"""``requests`` over a Unix socket, for tools that speak to an API by it: the engine sees the real peer."""

from __future__ import annotations

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

BASE = "http://engine"
TIMEOUT_S = 20.0


class _Connection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=TIMEOUT_S)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self.path)


class _Pool(HTTPConnectionPool):
    def __init__(self, path: str) -> None:
        super().__init__("engine")
        self.path = path

    def _new_conn(self) -> _Connection:
        return _Connection(self.path)


class UnixAdapter(HTTPAdapter):
    """Carries every request to the socket at ``path``, whatever its host is called."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._pool = _Pool(path)

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> _Pool:
        return self._pool

    def close(self) -> None:
        self._pool.close()
        super().close()


def session(path: str) -> requests.Session:
    """A session whose requests to ``BASE`` go to the socket at ``path``."""
    made = requests.Session()
    made.trust_env = False
    made.mount(BASE, UnixAdapter(path))
    return made
