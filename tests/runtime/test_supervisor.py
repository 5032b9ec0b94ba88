"""What systemd hears from an engine: ready, that its loop turns, and silence when it hangs."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from engine.runtime.supervisor import notify, watchdog_s

UNIT = Path(__file__).parents[2] / "docs" / "interlock@.service"


@contextmanager
def started(folder: Path, channel: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """An engine with nothing to do, as systemd would start it with a watchdog of 0.6 s."""
    (folder / "inventory.yaml").write_text("organization: acme\nenvironments: {prod: {}}\n")
    command = [sys.executable, "-m", "console", "engine", "-i", folder / "inventory.yaml", "--state", folder / "state"]
    environ = {**os.environ, "NOTIFY_SOCKET": str(channel), "WATCHDOG_USEC": "600000"}
    with open(folder / "log", "wb") as log, subprocess.Popen([*command, *more], env=environ, stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(30)
        yield listening


def heard(channel: socket.socket, wanted: bytes) -> None:
    while channel.recv(100) != wanted:
        pass


def silent(channel: socket.socket) -> bool:
    """Whether nothing more comes, once what was on its way is read."""
    try:
        for _ in range(20):
            channel.recv(100)
    except TimeoutError:
        return True
    return False


def test_an_engine_says_that_it_is_ready_and_turns_and_is_silent_once_it_hangs(
    tmp_path: Path, channel: socket.socket
) -> None:
    with started(tmp_path, tmp_path / "notify", "--metrics", "127.0.0.1:0") as process:
        heard(channel, b"READY=1")
        heard(channel, b"WATCHDOG=1")
        heard(channel, b"WATCHDOG=1")
        process.send_signal(signal.SIGSTOP)
        channel.settimeout(1.2)
        assert silent(channel)
        channel.settimeout(30)
        process.send_signal(signal.SIGCONT)
        heard(channel, b"WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        heard(channel, b"STOPPING=1")
        assert process.wait(30) == 0


def test_metrics_are_served_on_the_address_that_was_named(tmp_path: Path, channel: socket.socket) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with started(tmp_path, tmp_path / "notify", "--metrics", f"127.0.0.1:{port}"):
        heard(channel, b"READY=1")
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert b"interlock_journal_size_bytes" in answer.read()


def test_what_systemd_says_about_the_watchdog() -> None:
    assert watchdog_s({}) is None
    assert watchdog_s({"WATCHDOG_USEC": "30000000"}) == 30.0
    assert watchdog_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_s({"WATCHDOG_USEC": "x"}) is None


def test_a_supervisor_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})


def test_the_unit_that_is_shipped_has_its_walls() -> None:
    unit = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    assert (service["Type"], service["Restart"], service["NoNewPrivileges"]) == ("notify", "on-failure", "yes")
    assert re.search(r"--engine /run/interlock/%i/engine\.sock", service["ExecStart"])
    assert "PrivateUsers" not in service  # who is at the socket would be nobody
