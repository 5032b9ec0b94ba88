"""An engine on another machine: its socket, brought here by ``ssh -L``, as DOCKER_HOST=ssh:// does.

OpenSSH itself is used and not a library, so that the operator's own configuration, agent, jump
hosts, known hosts and prompts hold. sshd opens the engine's socket as the user who logged in;
the engine sees that user, and nothing has to be installed or listen there.
"""

from __future__ import annotations

import atexit
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.api.address import SCHEME
from engine.errors import EngineUnreachable, UsageError
from engine.model.text import printable

_ADDRESS = re.compile(
    r"ssh://(?:([A-Za-z0-9_][A-Za-z0-9._+-]*)@)?([A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.%]+\])(?::([0-9]{1,5}))?(/[^:\s]*)?\Z"
)
LOGIN_S = 60.0
POLL_S = 0.02
# Ends ssh when it loses its own stdin, which ends with this process however that dies.
_GUARD = 'exec 3<&0; "$@" </dev/null & s=$!; { cat >/dev/null; kill "$s" 2>/dev/null; } <&3 & wait "$s"'


@dataclass(frozen=True, slots=True)
class Remote:
    """Where an engine is behind SSH; ``socket`` is its path there. "" and 0: ssh decides."""

    user: str
    host: str
    port: int
    socket: str

    def arguments(self, local: Path, *, may_ask: bool) -> list[str]:
        """The ssh that brings the socket to ``local``; ``may_ask``: for passphrases, at the terminal."""
        options = {
            "ExitOnForwardFailure": "yes",
            "StreamLocalBindMask": "0177",
            "ControlPath": "none",
            "ServerAliveInterval": "10",
            "ServerAliveCountMax": "3",
            **({} if may_ask else {"BatchMode": "yes"}),
        }
        words = ["ssh", "-N", "-T", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
        words += ["-p", str(self.port)] if self.port else []
        words += ["-l", self.user] if self.user else []
        return [*words, "-L", f"{local}:{self.socket}", "--", self.host.strip("[]")]


def parse(address: str, default: str) -> Remote:
    """``ssh://[user@]host[:port][/path/to/socket]``; ``default`` is the path where none is given.
    Raises UsageError."""
    match = _ADDRESS.match(address)
    if match is None or int(match[3] or 0) > 65535:
        raise UsageError(
            f"{printable(address, 200)!r} is no address of an engine: expected ssh://[user@]host[:port][/path/to/socket]."
        )
    path = match[4] if match[4] not in (None, "/") else default
    if not path:
        raise UsageError(
            f"{address}: there is no inventory here that names an organization, so say which socket: "
            f"{address.rstrip('/')}/run/interlock/ORGANIZATION/engine.sock"
        )
    return Remote(match[1] or "", match[2], int(match[3] or 0), path)


def address_of(remote: Remote) -> str:
    """The whole address."""
    user = f"{remote.user}@" if remote.user else ""
    port = f":{remote.port}" if remote.port else ""
    return f"{SCHEME}{user}{remote.host}{port}{remote.socket}"


class Tunnel:
    """One ssh that stays as long as this process; opened anew when it is needed and gone."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._remote = parse(address, "")
        self._folder = Path(tempfile.mkdtemp(prefix="interlock-"))
        self._socket = self._folder / "s"
        self._lock = threading.Lock()
        self._ssh: subprocess.Popen[bytes] | None = None
        self._opened = 0

    def socket(self, timeout_s: float | None) -> str:
        """The local socket behind which the engine is. Raises EngineUnreachable with ssh's words."""
        with self._lock:
            if self._ssh is None or self._ssh.poll() is not None:
                self._open(max(timeout_s or 0.0, LOGIN_S) if not self._opened else timeout_s or LOGIN_S)
            return str(self._socket)

    def words(self) -> str:
        """What ssh said last, "" if nothing."""
        with suppress(OSError):
            lines = [line for line in (self._folder / "said").read_text(errors="replace").splitlines() if line.strip()]
            return printable(lines[-1].strip(), 300) if lines else ""
        return ""

    def close(self) -> None:
        """End ssh; doing so twice does nothing."""
        if self._ssh is not None:
            self._end(self._ssh)
            self._ssh = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self, timeout_s: float) -> None:
        self._socket.unlink(missing_ok=True)
        words = self._remote.arguments(self._socket, may_ask=not self._opened)
        self._opened += 1
        with (self._folder / "said").open("wb") as said:
            try:
                ssh = subprocess.Popen(["/bin/sh", "-c", _GUARD, "sh", *words], stdin=subprocess.PIPE, stderr=said)  # noqa: S603
            except OSError as error:
                raise EngineUnreachable(f"No engine can be reached at {self._address}: {error}.") from error
        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if ssh.poll() is not None or time.monotonic() > deadline:
                why = self.words() or (
                    "it took too long" if ssh.poll() is None else f"ssh ended with status {ssh.returncode}"
                )
                self._end(ssh)
                raise EngineUnreachable(f"No engine can be reached at {self._address}: {why}.")
            time.sleep(POLL_S)
        self._ssh = ssh

    def _answers(self) -> bool:
        return self._socket.is_socket()

    @staticmethod
    def _end(ssh: subprocess.Popen[bytes]) -> None:
        if ssh.stdin is not None:
            ssh.stdin.close()
        try:
            ssh.wait(2)
        except subprocess.TimeoutExpired:
            ssh.kill()
            ssh.wait()


_tunnels: dict[str, Tunnel] = {}
_lock = threading.Lock()


def tunnel_to(address: str) -> Tunnel:
    """This process's tunnel to an engine; ssh is started when the tunnel is first used."""
    with _lock:
        if address not in _tunnels:
            _tunnels[address] = Tunnel(address)
            atexit.register(_tunnels[address].close)
        return _tunnels[address]


def connect_through(address: str, timeout_s: float | None) -> socket.socket:
    """A connection to the engine at an ``ssh://`` address. Raises EngineUnreachable or OSError."""
    path = tunnel_to(address).socket(timeout_s)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection
