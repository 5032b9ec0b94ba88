"""A lab host that runs the engine itself, installed as the text of docs/interlock@.service says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from tests.lab.estate import Estate
from tests.lab.machines import Machine
from tests.lab.program import PROJECT, command

UNIT = PROJECT / "docs" / "interlock@.service"
ORGANIZATION = "lab"


class EngineHost:
    """The engine's unit on one host of an estate. ``interlock`` runs the command there."""

    def __init__(self, estate: Estate, machine: Machine) -> None:
        self.estate = estate
        self.machine = machine
        self.unit = f"interlock@{ORGANIZATION}.service"
        self._root = machine.folder / "root"
        self._configuration = self._root / "etc/interlock" / ORGANIZATION

    @property
    def socket(self) -> Path:
        """The engine's socket, as a path on this machine."""
        return self.estate.lab.inside(self.machine) / f"run/interlock/{ORGANIZATION}/engine.sock"

    def install(self, inventory: Path, watchdog: str) -> None:
        """Put the unit, the inventory, its artifacts and the engine's key there, as the unit's own text says.
        ``watchdog`` replaces how long systemd waits for a sign of life."""
        script = self._root / "usr/local/bin/interlock"
        script.write_text(command())
        script.chmod(0o755)
        (self._root / "etc/systemd/system" / UNIT.name).write_text(UNIT.read_text())
        sooner = self._root / f"etc/systemd/system/{self.unit}.d/sooner.conf"
        sooner.parent.mkdir()
        sooner.write_text(f"[Service]\nWatchdogSec={watchdog}\n")
        shutil.copytree(inventory.parent, self._configuration)
        shutil.copy(self.estate.lab.identity, self._configuration / "id_ed25519")
        for line in re.findall(r"^# +((?:groupadd|useradd) [^#\n]+)", UNIT.read_text(), re.MULTILINE):
            self.run(*shlex.split(line))
        self.run("chown", "-R", "root:interlock", "/etc/interlock")
        self.run("chmod", "-R", "u=rwX,g=rX,o=", "/etc/interlock")
        self.run("systemctl", "daemon-reload")

    def run(self, *words: str) -> str:
        """Run a command on the host, as root."""
        return self.estate.lab.exec(self.machine, *words)

    def interlock(self, *words: str) -> str:
        """Run the command that people have."""
        return self.run("interlock", "--inventory", f"/etc/interlock/{ORGANIZATION}", *words)

    def shown(self, name: str) -> str:
        """A property of the unit."""
        return self.run("systemctl", "show", "--value", "-p", name, self.unit).strip()

    def remove(self) -> None:
        """Stop it at once, and take away what was installed."""
        self.run("systemctl", "kill", "--signal=KILL", self.unit)
        self.run("systemctl", "disable", "--now", "--quiet", self.unit)
        script = f"""
            userdel interlock; groupdel interlock
            rm -rf /etc/interlock /var/lib/interlock /usr/local/bin/interlock \\
                /etc/systemd/system/{UNIT.name} /etc/systemd/system/{self.unit}.d
            systemctl daemon-reload
            exit 0
        """
        self.run("sh", "-c", script)
