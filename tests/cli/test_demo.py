"""The demo as a stranger would run it: real SSH, real processes, one command."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_process import environment
from tests.documents.shown import ROOT, interlock_commands

READY_S = 60  # under load; alone it takes five


@dataclass(frozen=True)
class Demo:
    """A headless demo that is ready."""

    process: subprocess.Popen[str]
    ready: dict[str, str]

    def interlock(self, *args: str) -> subprocess.CompletedProcess[str]:
        """A command against its engine, from anywhere."""
        return subprocess.run(
            [sys.executable, "-m", "console", *args],
            env={**environment(Path(self.ready["state"])), "INTERLOCK_INVENTORY": self.ready["inventory"]},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def data(self, *args: str) -> Any:
        """Its JSON."""
        return json.loads(self.interlock(*args, "-o", "json").stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The whole sample organization, from an empty folder; nothing may be left of it."""
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "demo", "--headless", "--dir", str(folder / "d")],
        env=environment(folder),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        assert select.select([process.stdout], [], [], READY_S)[0], "the demo was not ready in time"
        yield Demo(process, json.loads(process.stdout.readline()))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
    left = _processes_naming(str(folder))
    assert left == []


def _processes_naming(text: str) -> list[str]:
    """The command lines of all processes that name ``text``."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def test_nothing_outlives_a_demo_that_is_killed(tmp_path: Path) -> None:
    """It can say nothing any more: its engine and its hosts notice by themselves."""
    command = [sys.executable, "-m", "console", "demo", "--headless", "--services", "3", "--hosts", "3"]
    process = subprocess.Popen(
        [*command, "--dir", str(tmp_path / "d")], env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process.stdout:
        assert select.select([process.stdout], [], [], READY_S)[0], "the demo was not ready in time"
    assert len(_processes_naming(str(tmp_path))) > 3
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while left := _processes_naming(str(tmp_path)):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_it_is_ready_once_everything_is_adopted(demo: Demo) -> None:
    assert set(demo.ready) == {"engine", "inventory", "state"}
    rows = demo.data("status")
    assert len({row["service"] for row in rows}) == 27
    assert {row["state"] for row in rows} == {"converged"}
    assert {host["state"] for host in demo.data("hosts")} == {"up"}
    assert demo.interlock("check").returncode == 0


def shown_in_the_readme() -> list[tuple[str, ...]]:
    """The commands that the README shows without a screen, once the demo is ready."""
    commands = list(interlock_commands(ROOT / "README.md"))
    return commands[commands.index(("demo", "--headless", "--dir", "demo")) + 1 :][:6]


def test_the_readme_tells_the_truth(demo: Demo) -> None:
    """Its commands one after the other: order, a bad version put back, why, and the way back."""
    status, plan, deploy, bad, why, rollback = shown_in_the_readme()
    assert demo.interlock(*status).returncode == 0
    assert demo.data(*plan)["waits"] == []

    done = demo.interlock(*deploy, "-o", "json")
    assert done.returncode == 0, done.stderr
    moves = {item["service"]: item["moves"] for item in json.loads(done.stdout)["items"]}
    assert max(move["finished"] for move in moves["ledger"]) <= min(move["started"] for move in moves["checkout"])
    [row] = demo.data("status", "ledger@prod")
    assert row["current"] == {"3.3.0": 2}
    log = demo.interlock("logs", str(json.loads(done.stdout)["id"])).stdout
    addresses = {line.rpartition(" ")[2] for line in log.splitlines() if "listening on" in line}
    assert addresses
    for place in addresses:
        with urllib.request.urlopen(f"http://{place}/version", timeout=5) as answer:
            assert answer.read().decode().strip() in ("3.3.0", "2.4.0")

    failed = demo.interlock(*bad)
    assert failed.returncode == 1, failed.stderr
    assert "ledger 3.4.0 on pay-" in failed.stderr
    assert "healthz" in failed.stderr
    assert "    | " in failed.stderr
    explained = demo.interlock(*why)
    assert (explained.returncode, explained.stderr) == (0, "")
    assert "ledger@prod" in explained.stdout

    assert demo.interlock(*rollback).returncode == 0
    wanted = {"ledger": {"3.3.0": 2}, "checkout": {"2.3.0": 2}}
    deadline = time.monotonic() + 30
    while (found := running(demo, *wanted)) != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found == wanted


def running(demo: Demo, *services: str) -> dict[str, dict[str, int]]:
    """How many placements run which version in prod."""
    return {name: demo.data("status", f"{name}@prod")[0]["current"] for name in services}


def test_a_second_engine_on_the_same_state_changes_nothing(demo: Demo) -> None:
    second = demo.interlock("engine")
    assert second.returncode == 1
    assert "Traceback" not in second.stderr
    assert demo.interlock("status").returncode == 0
