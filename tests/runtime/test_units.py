"""The units of docs/: systemd takes them without a word, and the backup's command does what it says."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
UNITS = ("interlock@.service", "interlock-backup@.service", "interlock-backup@.timer")
PROGRAM = "/usr/local/bin/interlock"


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    """What systemd says of the units in a folder, as instances for acme."""
    names = [folder / name.replace("@", "@acme") for name in UNITS]
    command = ["systemd-analyze", "verify", "--man=no", *map(str, names)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, for a program that is there."""
    for name in UNITS:
        (tmp_path / name).write_text((DOCS / name).read_text().replace(PROGRAM, "/bin/true"))
    return tmp_path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_them(units: Path) -> None:
    done = verified(units)
    assert (done.returncode, [line for line in done.stderr.splitlines() if str(units) in line]) == (0, [])
    timer = units / UNITS[2]
    timer.write_text(timer.read_text().replace("OnCalendar=*-*-* 03:00", "OnCalendar=nightly at three"))
    assert "Failed to parse calendar" in verified(units).stderr


def test_the_backup_goes_into_a_file_of_its_time(tmp_path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals
    unit.read(DOCS / UNITS[1])
    written = unit["Service"]["ExecStart"].replace("%i", "acme").replace("%%", "%")
    (script,) = re.findall(r"^/bin/sh -c '(.*)'$", written)
    program = tmp_path / "interlock"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    command = ["/bin/sh", "-c", script.replace(PROGRAM, str(program))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(
        r"--engine /run/interlock/acme/engine\.sock backup /var/backups/interlock/acme/\d{4}-\d\d-\d\dT\d{6}\.db\n",
        said,
    )
