"""One embedded host: an SSH server on its own loopback address, a folder that is its disk, and
the processes started through it.

It behaves like a small real host as far as Interlock can see: commands run with ``sh -c`` in
the login's home, their bytes and exit status come back, what they leave detached goes on when
the link goes, and a crash ends every process and changes the boot id. It offers exec requests
only: no terminal, no file transfer, no forwarding, as on a hardened host.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import uuid
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import cast

import asyncssh

from engine.fleet import processes
from engine.fleet.artifacts import interpreter
from engine.fleet.link import Link
from engine.fleet.spawn import Spawned, Spawner

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = "deploy"
CHUNK = 64 * 1024

Session = asyncssh.SSHServerProcess[bytes]


@dataclass(frozen=True, slots=True)
class HostSpec:
    """What a host is made of. ``home`` is its folder, ``authorized`` the file of public keys
    that may log in."""

    name: str
    address: str
    port: int
    home: Path
    authorized: Path


class EmbeddedHost:
    """A host that can be booted, crashed, cut off, frozen and healed."""

    def __init__(self, spec: HostSpec, key: asyncssh.SSHKey, spawner: Spawner) -> None:
        self.spec = spec
        self._key = key
        self._spawner = spawner
        self._link = Link()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def home(self) -> str:
        """The host's folder as text: the HOME by which its processes are known."""
        return str(self.spec.home)

    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        return {
            "HOME": self.home,
            "PATH": f"{self.home}/bin:{SYSTEM_PATH}",
            "USER": USER,
            "LOGNAME": USER,
            "SHELL": "/bin/sh",
            "TMPDIR": str(self.spec.home / "tmp"),
            "LC_ALL": "C",
            "INTERLOCK_BOOT_ID_FILE": f"{self.home}/boot_id",
        }

    async def boot(self) -> None:
        """Come up under a new boot id, with nothing running yet, and answer SSH. Raises OSError
        if the address or the folder cannot be used."""
        for folder in ("bin", "tmp"):
            (self.spec.home / folder).mkdir(parents=True, exist_ok=True)
        (self.spec.home / "boot_id").write_text(f"{uuid.uuid4()}\n")
        if not any(shutil.which(tool, path=SYSTEM_PATH) for tool in ("curl", "wget", "busybox")):
            install_fetcher(self.spec.home / "bin")
        await self.listen()

    async def listen(self) -> None:
        """Answer SSH, unless it does already. Raises OSError if the address is taken."""
        if self._acceptor:
            return
        self._acceptor = await asyncssh.listen(
            self.spec.address,
            self.spec.port,
            tunnel=cast(asyncssh.SSHClientConnection, self._link),  # asyncssh only calls create_server
            config=None,
            server_host_keys=[self._key],
            authorized_client_keys=str(self.spec.authorized),
            process_factory=self._serve,
            encoding=None,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_pty=False,
            line_editor=False,
            keepalive_interval=0,
        )

    async def refuse(self) -> None:
        """Close the SSH port and reset its connections."""
        if self._acceptor:
            self._acceptor.close()
            self._acceptor = None
        self._link.reset()

    async def cut(self) -> None:
        """Cut the link: connections are reset, new ones refused; processes go on."""
        await self.refuse()

    async def freeze(self) -> None:
        """Make the link half-open: all stays connected and nothing passes."""
        self._link.freeze()

    async def heal(self) -> None:
        """Undo ``cut`` and ``freeze``."""
        self._link.thaw()
        await self.listen()

    async def crash(self) -> None:
        """Lose power: SSH and every process are gone at once."""
        await self.refuse()
        self._link.thaw()
        # All stand still before the first dies: a power cut leaves nobody time to clear up after another.
        processes.end(await asyncio.to_thread(processes.living, {self.home}), signal.SIGSTOP)
        await asyncio.to_thread(processes.end_all, {self.home})

    async def _serve(self, session: Session) -> None:
        """Carry out one exec request."""
        with contextlib.suppress(ConnectionError, asyncssh.Error):
            if session.command is None:
                session.stderr.write(b"this host runs commands only: there is no interactive shell\n")
                session.exit(1)
                return
            try:
                argv = ("/bin/sh", "-c", session.command)
                spawned = await self._spawner.start(argv, self.environment(), self.home)
            except OSError as error:
                session.stderr.write(f"cannot run the command: {error.strerror}\n".encode())
                session.exit(126)
                return
            await _converse(session, spawned)


async def _converse(session: Session, spawned: Spawned) -> None:
    """Pass bytes between a session and its command until both outputs have ended, then report
    how it ended. A detached child that keeps an output open delays that, as with OpenSSH."""
    process = spawned.process
    assert process.stdin  # noqa: S101  # all three are pipes
    assert process.stdout  # noqa: S101
    assert process.stderr  # noqa: S101
    feeding = asyncio.create_task(_feed(session.stdin, process.stdin))
    try:
        await asyncio.gather(_drain(process.stdout, session.stdout), _drain(process.stderr, session.stderr))
        status = await process.wait()
        if status < 0:
            session.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
        else:
            session.exit(status)
    finally:
        feeding.cancel()
        spawned.hang_up()


async def _feed(source: asyncssh.SSHReader[bytes], target: asyncio.StreamWriter) -> None:
    """The client's bytes to the command's stdin, and end of file after them. A command that
    reads no more lets the rest go nowhere."""
    with contextlib.suppress(ConnectionError, asyncssh.Error):
        while data := await source.read(CHUNK):
            if not target.is_closing():
                with contextlib.suppress(ConnectionError):
                    target.write(data)
                    await target.drain()
    target.close()


async def _drain(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    """The command's output to the client, at the client's pace."""
    while data := await source.read(CHUNK):
        target.write(data)
        await target.drain()


def install_fetcher(folder: Path) -> None:
    """Give a host a ``curl`` of our own: its machine has nothing to ask over http with."""
    program = Path(str(resources.files("engine.fleet.service").joinpath("fetch.py")))
    words = shlex.join([interpreter(), "-I", "-S", str(program)])
    (folder / "curl").write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    (folder / "curl").chmod(0o755)


def new_host_key(path: Path) -> asyncssh.SSHKey:
    """The host key kept at ``path``, made if there is none."""
    if path.exists():
        return asyncssh.read_private_key(str(path))
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.export_private_key())
    return key
