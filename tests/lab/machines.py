"""The lab: hosts that boot, crash and lose their network like real ones, on one Debian machine.

Each is a systemd-nspawn machine with systemd as PID 1, sshd, its own address in its own
network namespace, its own host key, and an overlay over the shared image. Everything is under
one folder (/var/tmp/interlock-lab, or INTERLOCK_LAB) and the network 10.77.N.0/24 on a bridge of
its own; N is 42, or INTERLOCK_LAB_NET: with both, a second lab. As a command: ``python -m tests.lab up 6``.

What had to be learned: nspawn locks a root folder, so each host mounts its own overlay; the
network file must sort before systemd's 80-container-host0; every systemd takes several
inotify instances, of which 128 (the usual limit) starve the later hosts.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.image import USER, image
from tests.lab.program import mounts

NUMBER = os.environ.get("INTERLOCK_LAB_NET", "42")
NET = f"10.77.{NUMBER}"
BRIDGE = f"interlock{NUMBER}"
PROGRAMS = ("debootstrap", "systemd-nspawn", "ip", "nsenter", "ssh-keygen", "mount", "chroot")


def missing() -> str:
    """Why there can be no lab here, "" if there can."""
    if os.geteuid() != 0:
        return "the lab needs root"
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"the lab needs {', '.join(absent)}" if absent else ""


@dataclass(frozen=True)
class Machine:
    """One host of the lab; ``number`` counts from 1."""

    lab: Path
    number: int

    @property
    def name(self) -> str:
        """Its host name."""
        return f"h{self.number}"

    @property
    def title(self) -> str:
        """What it is called on this machine."""
        return f"ilk{NUMBER}-{self.name}"

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return f"{NET}.{10 + self.number}"

    @property
    def link(self) -> str:
        """The host's end of its network cable, on this machine's bridge."""
        return f"vb-{self.title}"

    @property
    def folder(self) -> Path:
        """Where its overlay, its log and its process id are."""
        return self.lab / "hosts" / self.name

    @property
    def host_key(self) -> str:
        """Its public host key."""
        return (self.folder / "up/etc/ssh/ssh_host_ed25519_key.pub").read_text().strip()


class Lab:
    """The hosts that run. ``identity`` is the key that logs in as ``deploy`` and as root;
    ``disturbed`` are the hosts whose network or power was touched."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(os.environ.get("INTERLOCK_LAB", "/var/tmp/interlock-lab"))
        self.identity = self.folder / "identity"
        self.disturbed: set[Machine] = set()

    def machines(self) -> list[Machine]:
        """Every host that was booted and not taken down."""
        found = [int(path.parent.name[1:]) for path in (self.folder / "hosts").glob("h*/pid")]
        return [Machine(self.folder, number) for number in sorted(found)]

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other test run uses the lab, and keep it for the block."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def up(self, count: int) -> list[Machine]:
        """Boot hosts 1 to ``count``, and wait until each answers."""
        root = image(self.folder)
        if not self.identity.exists():
            _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "interlock-lab", "-f", self.identity)
        self._bridge()
        limit = Path("/proc/sys/fs/inotify/max_user_instances")
        if int(limit.read_text()) < 1024:
            limit.write_text("1024")
        machines = [Machine(self.folder, number) for number in range(1, count + 1)]
        for machine in machines:
            self._prepare(machine, root)
            self._start(machine)
        for machine in machines:
            self.wait(machine)
        return machines

    def boot(self, machine: Machine) -> None:
        """Start a host that crashed, with the files it had, and wait until it answers."""
        self._start(machine)
        self.wait(machine)

    def wait(self, machine: Machine, within_s: float = 60.0) -> None:
        """Until the host's sshd answers."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection((machine.address, 22), 1) as link:
                if link.recv(4) == b"SSH-":
                    return
            time.sleep(0.1)
        raise TimeoutError(f"{machine.name} does not answer within {within_s:g} s: see {machine.folder}/console.log")

    def cut(self, machine: Machine) -> None:
        """Pull the host's network cable: nobody is told, everything is lost on the way."""
        self.disturbed.add(machine)
        _run("ip", "link", "set", machine.link, "down")

    def heal(self, machine: Machine) -> None:
        """Plug it in again."""
        _run("ip", "link", "set", machine.link, "up")

    def crash(self, machine: Machine) -> None:
        """As if the power failed: every process is gone at once, the files stay."""
        self.disturbed.add(machine)
        supervisor = self._supervisor(machine)
        if supervisor is None:
            return
        leader = self._leader(supervisor)
        for pid in (supervisor, leader):
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 10
        while time.monotonic() < until and any(_runs(pid) for pid in (supervisor, leader)):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(supervisor, os.WNOHANG)
            time.sleep(0.02)
        _run("ip", "link", "del", machine.link, check=False)

    def exec(self, machine: Machine, *arguments: str) -> str:
        """Run a command on the host as root, past its network; its output."""
        supervisor = self._supervisor(machine)
        leader = self._leader(supervisor) if supervisor is not None else None
        if leader is None:
            raise RuntimeError(f"{machine.name} does not run")
        # -r: where this runs in a chroot, the namespaces alone would not lead to the host's own root.
        return _run("nsenter", "-t", str(leader), "-a", "-r", "-w", *arguments)

    def inside(self, machine: Machine) -> Path:
        """The host's own root as a folder of this machine, with what is mounted in it only there."""
        supervisor = self._supervisor(machine)
        return Path(f"/proc/{self._leader(supervisor) if supervisor is not None else 0}/root")

    def network(self, machine: Machine) -> str:
        """The name of the host's network namespace, which all its processes share."""
        supervisor = self._supervisor(machine)
        return os.readlink(f"/proc/{self._leader(supervisor)}/ns/net") if supervisor is not None else ""

    def rebuild(self, machine: Machine) -> None:
        """Install the host anew: nothing of what it had is left but its name, address and key."""
        keys = {path.name: path.read_bytes() for path in (machine.folder / "up/etc/ssh").glob("ssh_host_*")}
        self.crash(machine)
        _run("umount", "--lazy", machine.folder / "root")
        for part in ("up", "work"):
            shutil.rmtree(machine.folder / part)
        (machine.folder / "up/etc/ssh").mkdir(parents=True)
        for name, content in keys.items():
            (machine.folder / "up/etc/ssh" / name).write_bytes(content)
            (machine.folder / "up/etc/ssh" / name).chmod(0o600)
        self._prepare(machine, image(self.folder))
        self.boot(machine)

    def down(self) -> None:
        """Stop every host and forget what it wrote. The image is kept."""
        for machine in self.machines():
            self.crash(machine)
            _run("umount", "--lazy", machine.folder / "root", check=False)
            shutil.rmtree(machine.folder, ignore_errors=True)
        _run("ip", "link", "del", BRIDGE, check=False)

    def _bridge(self) -> None:
        if not Path(f"/sys/class/net/{BRIDGE}").exists():
            _run("ip", "link", "add", BRIDGE, "type", "bridge")
            _run("ip", "address", "add", f"{NET}.1/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")

    def _prepare(self, machine: Machine, root: Path) -> None:
        """The host's own files over the image, and the overlay mounted."""
        upper, work, merged = (machine.folder / part for part in ("up", "work", "root"))
        for folder in (work, merged, upper / "etc/systemd/network", upper / "etc/ssh", upper / "root/.ssh"):
            folder.mkdir(parents=True, exist_ok=True)
        network = f"[Match]\nName=host0\n[Network]\nDHCP=no\nLinkLocalAddressing=no\nAddress={machine.address}/24\n"
        (upper / "etc/systemd/network/10-host0.network").write_text(network)
        (upper / "etc/hostname").write_text(f"{machine.name}\n")
        (upper / "etc/hosts").write_text(f"127.0.0.1 localhost\n{machine.address} {machine.name}\n")
        for folder in (upper, *(path for path in upper.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        key = upper / "etc/ssh/ssh_host_ed25519_key"
        if not key.exists():
            _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", machine.name, "-f", key)
        if not merged.is_mount():
            options = f"lowerdir={root},upperdir={upper},workdir={work}"
            _run("mount", "-t", "overlay", "overlay", "-o", options, merged)
        public = Path(f"{self.identity}.pub").read_text()
        for home in ("root", f"home/{USER}"):
            authorized = merged / home / ".ssh/authorized_keys"
            authorized.parent.mkdir(exist_ok=True)
            authorized.write_text(public)
            owner = (merged / home).stat()
            for path, mode in ((authorized.parent, 0o700), (authorized, 0o600)):
                path.chmod(mode)
                os.chown(path, owner.st_uid, owner.st_gid)

    def _start(self, machine: Machine) -> None:
        if self._supervisor(machine) is not None:
            return
        command = [
            "systemd-nspawn",
            f"--directory={machine.folder / 'root'}",
            f"--machine={machine.title}",
            f"--hostname={machine.name}",
            f"--network-bridge={BRIDGE}",
            "--register=no",
            "--keep-unit",
            *(f"--bind-ro={source}:{place}" for source, place in mounts()),
            "--boot",
        ]
        with (machine.folder / "console.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        (machine.folder / "pid").write_text(f"{process.pid}\n")

    def _supervisor(self, machine: Machine) -> int | None:
        """The process of systemd-nspawn for this host, if it runs: a number alone may be anybody's."""
        try:
            pid = int((machine.folder / "pid").read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if f"--machine={machine.title}".encode() in words else None

    def _leader(self, supervisor: int) -> int | None:
        """The host's PID 1, seen from here."""
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        return int(children[0]) if children else None


def _runs(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _run(*arguments: object, check: bool = True) -> str:
    done = subprocess.run([str(one) for one in arguments], check=False, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout
