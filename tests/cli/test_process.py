"""The command as a process: what it loads, how it ends, what a terminal gets to see."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.api.served import Served

HEAVY = (
    *("pydantic", "httpx", "networkx", "asyncssh", "aiosqlite", "textual", "fastapi", "uvicorn"),
    *("rich", "structlog", "yaml", "semver", "packaging"),
)
REPOSITORY = Path(__file__).parents[2]


def environment(state: Path) -> dict[str, str]:
    """Nothing of ours decides where the engine is but the state folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}
    return {**kept, "INTERLOCK_STATE": str(state), "PYTHONPATH": str(REPOSITORY)}


def start(state: Path, *args: str) -> subprocess.Popen[str]:
    """The command, with pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "console", *args],
        env=environment(state),
        cwd=state,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "args",
    [
        ["status"],
        ["queue"],
        ["hosts"],
        ["history"],
        ["graph"],
        ["export"],
        ["plan", "ledger=1.1.0", "-e", "prod"],
        ["deploy", "ledger=1.1.0", "-e", "prod"],
        ["pause", "search"],
        ["status", "--engine", "/nowhere"],
        ["--help"],
    ],
)
def test_light_commands_load_nothing_heavy(still: Served, tmp_path: Path, args: list[str]) -> None:
    code = (
        "import json, sys\n"
        "from console.cli.main import run\n"
        f"run({args!r})\n"
        f"print('LOADED', json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.rpartition("LOADED ")[2]) == []


def test_ctrl_c_ends_a_watch_with_130(still: Served, tmp_path: Path) -> None:
    watch = start(tmp_path, "watch")
    deadline = time.monotonic() + 10
    while not still.server.watchers and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    watch.send_signal(signal.SIGINT)
    out, err = watch.communicate(timeout=10)
    assert (watch.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_ctrl_c_while_waiting_ends_with_130_and_leaves_the_change(still: Served, tmp_path: Path) -> None:
    deploy = start(tmp_path, "deploy", "ledger=1.1.0", "-e", "prod", "--wait")
    assert deploy.stdout
    assert deploy.stdout.readline() == "1\n"
    time.sleep(0.3)
    deploy.send_signal(signal.SIGINT)
    _, err = deploy.communicate(timeout=10)
    assert deploy.returncode == 130
    assert "Traceback" not in err
    assert "change 1 goes on without this command" in err
    assert "1" in still.engine.snapshot.state.changes


def test_a_reader_that_leaves_is_no_error(still: Served, tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m console history -o json | head -c 5",
        shell=True,
        env=environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_bug_is_one_sentence_and_a_file(still: Served, tmp_path: Path) -> None:
    code = (
        "from console.cli import main\n"
        "import engine.api.client as client\n"
        "def broken(*a): raise ZeroDivisionError('secret')\n"
        "client.Client.get = broken\n"
        "raise SystemExit(main.run(['status']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment(tmp_path), "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "ZeroDivisionError" in done.stderr
    [kept] = tmp_path.glob("interlock-bug-*.txt")
    assert "Traceback" in kept.read_text()
    assert str(kept) in done.stderr


def on_a_terminal(state: Path, *args: str, **more: str) -> tuple[int, bytes]:
    """The command under a real pty: its exit code and every byte the terminal would get."""
    child, master = pty.fork()
    if child == 0:
        os.chdir(state)
        os.execvpe(
            sys.executable, [sys.executable, "-m", "console", *args], {**environment(state), "TERM": "xterm", **more}
        )
    seen = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen


def test_a_terminal_gets_bars_and_no_byte_of_a_hostile_host(engine: Served, tmp_path: Path) -> None:
    engine.engine.fail["ledger"] = "\x1b]52;c;cm0gLXJm\x07\x9b31m[/bold] [@click=app.quit]x"
    code, seen = on_a_terminal(tmp_path, "deploy", "ledger=1.1.0", "-e", "prod", "--wait")
    assert code == 1
    assert b"placements" in seen
    assert b"]52;" not in seen
    assert "\x9b".encode() not in seen
    assert b"[@click=app.quit]x" in seen  # said, as plain text
    for args in (["show", "1"], ["history"], ["logs", "1"], ["queue"], ["status", "ledger"], ["why", "1"]):
        code, seen = on_a_terminal(tmp_path, *args)
        assert code == 0
        assert b"\x1b" not in seen
        assert b"\x07" not in seen


def test_no_color_is_honoured(engine: Served, tmp_path: Path) -> None:
    _, seen = on_a_terminal(tmp_path, "deploy", "ledger=1.1.0", "-e", "prod", "--wait", NO_COLOR="1")
    assert not [codes for codes in re.findall(rb"\x1b\[([0-9;]*)m", seen) if re.search(rb"(^|;)[34]?[0-9]{2}", codes)]


def test_no_engine_is_exit_3_and_says_what_to_do(tmp_path: Path) -> None:
    for args in (["status"], ["deploy", "a=1", "-e", "prod"], ["watch"], ["pause"]):
        done = start(tmp_path, *args)
        out, err = done.communicate(timeout=20)
        assert (done.returncode, out) == (3, "")
        assert str(tmp_path / "engine.sock") in err
        assert "interlock engine" in err
