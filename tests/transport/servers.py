"""SSH servers for tests, each on its own loopback port with its own keys: asyncssh's own in
this process, OpenSSH's sshd and dropbear as children."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.transport.ports import free_port

LAB_REQUIRED = os.environ.get("INTERLOCK_REQUIRE_LAB") == "1"


@dataclass
class Keys:
    """Key files of one test: those of a host and of its user."""

    folder: Path
    host: Path = field(init=False)
    user: Path = field(init=False)
    host_public: str = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.host, self.user = make_key(self.folder / "host"), make_key(self.folder / "user")
        self.host_public = Path(f"{self.host}.pub").read_text().strip()

    def authorize(self, path: Path) -> Path:
        """An authorized_keys file with the user's key."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(Path(f"{self.user}.pub").read_text())
        path.chmod(0o600)
        return path


def make_key(path: Path) -> Path:
    """A new ed25519 key at ``path`` (and ``path.pub``)."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment="interlock-test")
    key.write_private_key(path)
    path.chmod(0o600)
    key.write_public_key(f"{path}.pub")
    return path


@dataclass
class Server:
    """A server that listens. ``cache`` is where it keeps the host script."""

    port: int
    keys: Keys
    cache: Path
    user: str = field(default_factory=getpass.getuser)


def need(program: str) -> str:
    """The program's path; without it the test is skipped, or fails where all must be there."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        (pytest.fail if LAB_REQUIRED else pytest.skip)(f"{program} is not installed")
    return found


@contextlib.asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[Server]:
    """asyncssh's server in this process; commands run as this user through sh."""
    keys, cache, port = Keys(folder / "keys"), folder / "cache", free_port()
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        child = await asyncio.create_subprocess_exec(
            "sh", "-c", process.command or "", stdin=-1, stdout=-1, stderr=-1, env=environment
        )
        feeding = asyncio.create_task(_copy(process.stdin, child.stdin))
        copying = asyncio.gather(_copy(child.stdout, process.stdout), _copy(child.stderr, process.stderr))
        try:
            while (status := child.returncode) is None:  # wait() would also wait for whoever holds its pipes
                await asyncio.sleep(0.005)
            await asyncio.wait({copying}, timeout=2)
        finally:
            feeding.cancel()
            copying.cancel()
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            child._transport.close()  # type: ignore[attr-defined]  # lets go of pipes that a grandchild holds
        if status < 0:
            process.exit_with_signal("KILL")
        else:
            process.exit(status)

    handlers: set[asyncio.Task[None]] = set()

    def accept(process: asyncssh.SSHServerProcess[bytes]) -> None:
        task = asyncio.create_task(handle(process))
        handlers.add(task)
        task.add_done_callback(handlers.discard)

    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[str(keys.host)],
        authorized_client_keys=str(keys.authorize(folder / "authorized_keys")),
        process_factory=accept,
        encoding=None,
    )
    try:
        yield Server(port, keys, cache)
    finally:
        server.close()
        for task in tuple(handlers):
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


async def _copy(source: Any, sink: Any) -> None:
    """One direction of one stream, its end included."""
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await source.read(1 << 15):
            sink.write(data)
            await sink.drain()
        if isinstance(sink, asyncio.StreamWriter):
            sink.close()


@contextlib.asynccontextmanager
async def openssh(folder: Path, *lines: str, keys: Keys | None = None) -> AsyncIterator[Server]:
    """OpenSSH's sshd with its own configuration, hardened: no SFTP, no forwarding unless
    ``lines`` (which come first, and the first one counts) allow it."""
    sshd = need("sshd")
    keys, cache, port = keys or Keys(folder / "keys"), folder / "cache", free_port()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it locks itself in before the login
    config = folder / "sshd_config"
    config.write_text(
        "\n".join(
            (
                *lines,
                f"ListenAddress 127.0.0.1:{port}",
                f"HostKey {keys.host}",
                "PidFile none",
                f"AuthorizedKeysFile {keys.authorize(folder / 'authorized_keys')}",
                "StrictModes no",
                "UsePAM no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "AllowTcpForwarding no",
                f"SetEnv XDG_CACHE_HOME={cache}",
                "",
            )
        )
    )
    async with _child(folder, port, [sshd, "-D", "-e", "-f", str(config)]):
        yield Server(port, keys, cache)


@contextlib.asynccontextmanager
async def dropbear(folder: Path) -> AsyncIterator[Server]:
    """dropbear, which finds authorized_keys only at home: in a mount namespace of its own the
    home is a folder of the test, so that nothing of the machine is touched."""
    program = need("dropbear")
    if os.geteuid() != 0:
        pytest.skip("dropbear needs root here: its home folder is replaced in a mount namespace")
    keys, port, home = Keys(folder / "keys"), free_port(), folder / "home"
    home.mkdir()
    keys.authorize(home / ".ssh" / "authorized_keys")
    host = folder / "dropbear_host"
    subprocess.run([need("dropbearkey"), "-t", "ed25519", "-f", host], check=True, capture_output=True)
    shown = subprocess.run([need("dropbearkey"), "-y", "-f", host], check=True, capture_output=True, text=True).stdout
    keys.host_public = next(line for line in shown.splitlines() if line.startswith("ssh-"))
    serve = f"mount --bind {home} {Path.home()} && exec {program} -F -E -p 127.0.0.1:{port} -r {host} -P {folder}/pid"
    async with _child(folder, port, [need("unshare"), "--mount", "sh", "-c", serve]):
        yield Server(port, keys, home / ".cache")


@contextlib.asynccontextmanager
async def _child(folder: Path, port: int, arguments: list[str]) -> AsyncIterator[None]:
    """A server as a child process, from its first answer to the end of the block."""
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(*arguments, stdout=sink, stderr=sink, start_new_session=True)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            if process.returncode is not None:
                pytest.fail(f"{arguments[0]} does not start: {log.read_text()}")
            await asyncio.sleep(0.05)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


Start = Callable[[Path], contextlib.AbstractAsyncContextManager[Server]]
SERVERS: dict[str, Start] = {"embedded": embedded, "openssh": openssh, "dropbear": dropbear}
