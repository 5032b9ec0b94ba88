"""One release for all hosts, and each tool that can carry it out: its files, its command line, its time."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.image import USER
from tests.lab.machines import Lab, Machine

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[2] / "build" / "peers"
BLOB = 4_000_000
PORTS = {"openssh": 8081, "pyinfra": 8082, "ansible": 8083}
UNIT = """[Unit]
Description={service}
After=network.target
[Service]
WorkingDirectory=/opt/{service}/current
ExecStart=/usr/bin/python3 -m http.server {port} --bind 127.0.0.1
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
"""


def release(folder: Path, name: str, version: str) -> Path:
    """An artifact of 4 MB that nothing can compress, which serves its own version."""
    path = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for member, content in (("VERSION", version.encode()), ("blob", os.urandom(BLOB))):
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return path


def tools() -> Path:
    """Where pyinfra and Ansible are; they are installed first, from PyPI, into an environment of their own."""
    programs = ENVIRONMENT / "bin"
    if not (programs / "pyinfra").exists() or not (programs / "ansible-playbook").exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        subprocess.run([programs / "pip", "install", "--quiet", "ansible-core", "pyinfra"], check=True)
    return programs


@dataclass(frozen=True)
class Peers:
    """The other tools, set up for some hosts of a lab; ``folder`` takes their files."""

    lab: Lab
    machines: Sequence[Machine]
    folder: Path

    def prepare(self) -> None:
        """Write each tool's inventory and settings: all hosts at once, host keys checked, links kept where it can."""
        tools()
        names = [machine.name for machine in self.machines]
        known = "".join(f"{machine.address} {machine.host_key}\n" for machine in self.machines)
        (self.folder / "known").write_text(known)
        common = (
            f"  User {USER}\n  IdentityFile {self.lab.identity}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.folder}/known\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n"
        )
        blocks = (f"Host {machine.name}\n  HostName {machine.address}\n{common}" for machine in self.machines)
        self._ssh.write_text("".join(blocks))
        (self.folder / "hosts.ini").write_text("\n".join(names) + "\n")
        data = {"ssh_config_file": str(self._ssh), "ssh_known_hosts_file": str(self.folder / "known")}
        (self.folder / "inventory.py").write_text(f"hosts = {[(name, data) for name in names]!r}\n")
        (self.folder / "ansible.cfg").write_text(
            f"[defaults]\nforks = {len(names)}\ninterpreter_python = /usr/bin/python3\n"
            "[ssh_connection]\npipelining = True\n"
            f"ssh_args = -F {self._ssh} -o ControlMaster=auto -o ControlPersist=120s -o ControlPath={self.folder}/%C\n"
        )
        for service, port in PORTS.items():
            self._unit(service).write_text(UNIT.format(service=service, port=port))

    def roll_out(self, tool: str, version: str) -> float:
        """Bring a new release of the service named after the tool to all hosts, healthy; how long it took, in s."""
        artifact = release(self.folder, tool, version)
        job = {
            "service": tool,
            "version": version,
            "port": PORTS[tool],
            "artifact": str(artifact),
            "unit": str(self._unit(tool)),
        }
        match tool:
            case "openssh":
                words = [str(HERE / "openssh.sh"), str(self._ssh), *(str(each) for each in job.values())]
                return self._timed([*words, *(machine.name for machine in self.machines)])
            case "pyinfra":
                return self._timed([*self._pyinfra(), str(HERE / "pyinfra_deploy.py")], JOB=json.dumps(job))
            case _:
                words = [str(tools() / "ansible-playbook"), "-i", "hosts.ini", "-e", json.dumps(job)]
                return self._timed([*words, str(HERE / "ansible.yaml")])

    def observe(self, tool: str) -> float:
        """Ask all hosts what runs there; how long it took, in s."""
        if tool == "pyinfra":
            return self._timed([*self._pyinfra(), "fact", "systemd.SystemdStatus", f"services={tool}.service"])
        question = ["-m", "command", "-a", f"systemctl is-active {tool}"]
        return self._timed([str(tools() / "ansible"), "all", "-i", "hosts.ini", "-b", *question])

    @property
    def _ssh(self) -> Path:
        return self.folder / "ssh_config"

    def _unit(self, service: str) -> Path:
        return self.folder / f"{service}.service"

    def _pyinfra(self) -> list[str]:
        return [str(tools() / "pyinfra"), "-y", "inventory.py"]

    def _timed(self, words: list[str], **variables: str) -> float:
        environment = {**os.environ, "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"), **variables}
        began = time.perf_counter()
        done = subprocess.run(words, cwd=self.folder, env=environment, check=False, capture_output=True, text=True)
        took = time.perf_counter() - began
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]}: status {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
        return took
