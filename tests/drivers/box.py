"""A host without SSH: a folder as HOME, a shell, and the real script run by it."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from engine import drivers
from engine.drivers import PlacementSpec
from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.observation import Claim, HostReport, Sighting
from engine.model.release import Artifact, Storage
from engine.model.remote import Command, Reply
from engine.model.service import Configuration, DriverName, HealthCheck
from tests.drivers.archives import tarball
from tests.drivers.server import SERVER

SCRIPT = Path(tempfile.mkdtemp(prefix="interlock-host-")) / "host.sh"
SCRIPT.write_bytes(drivers.SCRIPT)
atexit.register(shutil.rmtree, SCRIPT.parent, ignore_errors=True)
CLAIM = Claim("store1", 1, "engine1")


def have(tool: str) -> str:
    """The tool's path; skips without it (CI forbids that)."""
    path = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return path


@dataclass
class Box:
    """One host: ``run`` is the transport. Use it as a context manager: it ends what it started."""

    folder: Path
    shell: tuple[str, ...] = ("dash",)
    path: str = os.environ["PATH"]
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "artifacts", "switches"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.boot("boot-1")

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.processes():
            self.kill(pid)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def boot(self, boot_id: str) -> None:
        (self.folder / "boot_id").write_text(boot_id + "\n")

    def reboot(self, boot_id: str) -> None:
        """A power cut: everything dies at once, and the next boot has another id."""
        for number in (signal.SIGSTOP, signal.SIGSTOP, signal.SIGKILL):  # nobody sees another die
            for pid in self.processes():
                self.kill(pid, number)
        self.boot(boot_id)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": self.path,
            "HOME": str(self.home),
            "INTERLOCK_BOOT_ID_FILE": str(self.folder / "boot_id"),
            **self.environment,
        }

    def start(self, command: Command) -> subprocess.Popen[bytes]:
        words = [f"{key}={value}" for key, value in command.args]
        return subprocess.Popen(
            [*self.shell, str(SCRIPT), command.verb, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd=self.home,
            start_new_session=True,
        )

    def run(self, command: Command) -> Reply:
        data = command.stdin + (Path(command.upload).read_bytes() if command.upload else b"")
        process = self.start(command)
        out, err = process.communicate(data, timeout=60)
        return Reply(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def processes(self) -> list[int]:
        """Everything that runs on this host, by its HOME."""
        found, mark = [], f"HOME={self.home}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    @staticmethod
    def kill(pid: int, number: int = signal.SIGKILL) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


@dataclass
class Placed:
    """One service on a box, through the Python functions that the engine uses."""

    box: Box
    spec: PlacementSpec
    claim: Claim = CLAIM

    @property
    def dir(self) -> Path:
        return self.box.home / self.spec.base / self.spec.service

    @property
    def own(self) -> Path:
        return self.dir / ".interlock"

    def at(self, version: str, **changes: object) -> Placed:
        return replace(self, spec=replace(self.spec, version=version, **changes))  # type: ignore[arg-type]

    def claimed(self, claim: Claim | None = None, take_over: bool = False) -> drivers.ClaimAnswer:
        command = drivers.claim(self.spec.organization, [self.spec.base], claim or self.claim, take_over)
        return drivers.parse_claim(self.box.run(command))

    def artifact(self, version: str, data: bytes | None = None, kind: str = "tar.gz") -> Artifact:
        data = data if data is not None else self.release(version)
        path = self.box.folder / "artifacts" / f"{self.spec.service}-{version}.{kind}"
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        return Artifact(self.spec.service, version, str(path), digest, len(data), kind)

    @staticmethod
    def release(version: str) -> bytes:
        return tarball(
            {"VERSION": version.encode(), "bin/serve": b"#!/bin/sh\nexec sleep 600\n", "server.py": SERVER.encode()}
        )

    def stage(
        self, artifact: Artifact | None, storage: Storage | None = None, *, anew: bool = False
    ) -> drivers.StageAnswer:
        command = drivers.stage(self.spec, self.claim, artifact, storage, anew=anew)
        return drivers.parse_stage(self.box.run(command))

    def upload(self, artifact: Artifact, storage: Storage | None = None, *, anew: bool = False) -> drivers.UploadAnswer:
        command = drivers.upload(self.spec, self.claim, artifact, storage, anew=anew)
        return drivers.parse_upload(self.box.run(command))

    def staged(self, *versions: str) -> Placed:
        """Claimed, and these releases brought to the host."""
        assert self.claimed().accepted
        for version in versions:
            artifact = self.artifact(version)
            assert self.at(version).upload(artifact).state == "stored"
        return self

    def switching(
        self,
        step: str,
        healthy_s: float = 0.1,
        deadline_s: float = 10.0,
        confirm_s: float = 10.0,
        leaving: Placed | None = None,
        sha256: str = "",
        keep: int = 5,
    ) -> Command:
        former = leaving.spec if leaving else None
        return drivers.switch(
            self.spec,
            self.claim,
            step,
            healthy_s,
            deadline_s,
            confirm_s,
            former=former,
            sha256=sha256,
            keep_releases=keep,
        )

    def switch(self, step: str, **how: Any) -> drivers.SwitchAnswer:
        return drivers.parse_switch(self.box.run(self.switching(step, **how)))

    def confirm(self, step: str) -> drivers.ConfirmAnswer:
        return drivers.parse_confirm(self.box.run(drivers.confirm(self.spec, self.claim, step)))

    def deployed(self, version: str, step: str, keep: int = 5) -> Placed:
        """Switched to a version and confirmed."""
        placed = self.at(version)
        answer = placed.switch(step, keep=keep)
        assert answer.result is drivers.StepResult.HEALTHY, answer
        assert placed.confirm(step).result is drivers.ConfirmResult.CONFIRMED
        return placed

    def withdraw(self, step: str) -> drivers.SwitchAnswer:
        return drivers.parse_withdraw(self.box.run(drivers.withdraw(self.spec, self.claim, step)))

    def report(self) -> HostReport:
        spec = replace(self.spec, version=None)
        return drivers.parse_observe("h1", self.box.run(drivers.observe(self.spec.organization, [spec])), [spec])

    def sighting(self) -> Sighting:
        return self.report().sightings[0]

    def current(self) -> str:
        return os.readlink(self.dir / "current") if (self.dir / "current").is_symlink() else ""

    def history(self) -> list[str]:
        """The names of the steps that were carried out, in order."""
        file = self.own / "history"
        return [line.split("\t")[0] for line in file.read_text().splitlines()] if file.exists() else []

    def child(self) -> int:
        """The pid of the service's process, 0 if there is none."""
        try:
            return int((self.own / "process" / "child").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return 0

    def say(self, version: str, status: int | None) -> None:
        """From now on that version answers its health check so (None: well)."""
        file = self.box.folder / "switches" / f"{version}.status"
        file.unlink(missing_ok=True)
        if status is not None:
            file.write_text(str(status))


def eventually(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


def together(*calls: Callable[[], object]) -> list[object]:
    """Run calls at the same time; their results in order."""
    results: list[object] = [None] * len(calls)

    def run(index: int, call: Callable[[], object]) -> None:
        results[index] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def configuration(**changes: object) -> Configuration:
    """A process that needs no check: alive is healthy."""
    plain = Configuration(
        DriverName.PROCESS, "interlock", "bin/serve", health=HealthCheck(interval_s=0.1, timeout_s=1.0, passes=1)
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def placed(box: Box, configured: Configuration | None = None, service: str = "web", version: str = "1.0") -> Placed:
    """A service of that configuration on the box, not deployed yet."""
    host = Host("h1", "127.0.0.1", "prod", "eu-a")
    spec = drivers.expand(configured or configuration(), PlacementId(service, "prod", "h1"), host, version, "acme")
    return Placed(box, spec)


def served(box: Box, port: int, **changes: object) -> Configuration:
    """A real HTTP server that reports its version."""
    url = f"http://127.0.0.1:{port}"
    check = HealthCheck(http=f"{url}/healthz", version=f"{url}/version", interval_s=0.1, timeout_s=2.0, passes=2)
    return configuration(
        command=f"{sys.executable} -I -S server.py 127.0.0.1:{port}",
        variables={"SWITCHES": str(box.folder / "switches")},
        health=check,
        **changes,
    )
