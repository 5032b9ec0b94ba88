"""Shells complete commands and options, quickly."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from console.cli.completing import Bash
from console.cli.main import COMPLETING, cli
from tests.api.served import Served
from tests.cli.conftest import Interlock

ROOT = Path(__file__).parents[2]
HEAVY = ("pydantic", "textual", "asyncssh", "fastapi", "networkx", "aiosqlite", "yaml")

LOOK = """\
import sys
try:
    from console.cli.main import main
    main()
finally:
    if heavy := set(sys.modules) & set({}):
        print("loaded", heavy)
"""


INVENTORY = """\
organization: acme
environments: {staging: {}, prod: {}}
teams: {web: {}}
domains: {a: {}}
hosts: {"web-[1-2]": {address: "127.0.0.[1-2]", environment: prod, domain: a}}
services:
  site: {team: web, placement: {prod: {hosts: [web-1]}}, command: bin/site, user: web}
"""


def completed(*words: str) -> list[str]:
    """What bash would be offered for the last of these words, as it takes words apart."""
    environ = {
        **os.environ,
        "_INTERLOCK_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    look = LOOK.format(HEAVY)
    ran = subprocess.run(
        [sys.executable, "-c", look], env=environ, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stderr == ""
    return [line.removeprefix("plain,") for line in ran.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_takes(interlock: Interlock, shell: str, tmp_path: Path) -> None:
    ran = interlock("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert f"_INTERLOCK_COMPLETE={shell}_complete" in ran.out
    if tool := shutil.which(shell):
        (tmp_path / "script").write_text(ran.out)
        subprocess.run([tool, "-n", tmp_path / "script"], check=True)


def test_commands_and_options_are_offered_without_heavy_modules() -> None:
    assert completed("interlock", "dep") == ["deploy"]
    assert completed("interlock", "deploy", "--on-f") == ["--on-failure"]
    assert completed("interlock", "completion", "z") == ["zsh"]


def test_a_shell_nobody_knows_is_a_mistake(interlock: Interlock) -> None:
    assert interlock("completion", "ksh").code == 2


def test_what_the_engine_knows_is_offered(interlock: Interlock, still: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def offered(*words: str) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", " ".join(("interlock", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        shell = Bash(cli, {}, "interlock", COMPLETING)
        found = shell.get_completions(*shell.get_completion_args())
        return [shell.format_completion(item).removeprefix("plain,") for item in found]

    assert interlock("deploy", "ledger=1.1.0", "-e", "prod").code == 0
    assert offered("deploy", "") == ["checkout=", "ledger=", "search="]
    assert offered("deploy", "led") == ["ledger=2.0.0", "ledger=1.1.0", "ledger=1.0.0"]
    assert offered("deploy", "ledger", "=") == ["2.0.0", "1.1.0", "1.0.0"]
    assert offered("deploy", "ledger", "=", "1.") == ["1.1.0", "1.0.0"]
    assert offered("deploy", "ledger", "=", "1.0.0", "s") == [
        "search=2.0.0",
        "search=1.1.0",
        "search=1.0.0",
    ]
    assert offered("deploy", "ledger", "=", "1.0.0", "l") == [], "a service goes once into a change"
    assert offered("deploy", "ledger", "=", "1.0.0", "-e", "p") == ["prod"]
    assert offered("deploy", "ledger", "=", "1.0.0", "--through", "=", "s") == ["staging"]
    assert offered("status", "check") == ["checkout"]
    assert offered("status", "checkout", "@") == ["@staging", "@prod"]
    assert offered("restart", "search", "@", "p") == ["@prod"]
    assert offered("why", "") == ["1", "checkout", "ledger", "search"]
    assert offered("drain", "prod-e") == ["prod-eu-a1", "prod-eu-b1"]
    assert offered("approve", "") == ["1"]
    assert offered("override", "1", "win") == ["window"]
    assert interlock("cancel", "1").code == 0
    assert offered("approve", "") == [], "it is over"
    assert offered("show", "") == ["1"]


def test_without_an_engine_the_inventory_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "inventory.yaml"
    written.write_text(INVENTORY)
    monkeypatch.setenv("INTERLOCK_STATE", str(tmp_path))
    monkeypatch.setenv("INTERLOCK_INVENTORY", str(written))
    monkeypatch.delenv("INTERLOCK_ENGINE", raising=False)

    def offered(*words: str) -> list[str]:
        shell = Bash(cli, {}, "interlock", COMPLETING)
        return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]

    assert offered("status", "") == ["site"]
    assert offered("deploy", "s") == ["site="]
    assert offered("doctor", "web-1", "we") == ["web-2"]
    assert offered("status", "-e", "") == ["staging", "prod"]
    assert offered("--engine", "ssh://nobody@192.0.2.1", "status", "") == ["site"], "ssh takes too long"
    assert offered("show", "") == [], "only an engine knows changes"
    written.write_text("{")
    assert offered("status", "") == []
    assert offered("status", "-i", str(tmp_path / "nowhere"), "") == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash_completes_names_on_its_line(interlock: Interlock, still: Served, tmp_path: Path) -> None:
    script = interlock("completion", "bash").out
    (tmp_path / "rc").write_text(f"PS1='> '\n{script}")
    command = tmp_path / "interlock"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from console.cli.main import main; main()" "$@"\n')
    command.chmod(0o755)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}", "TERM": "dumb"}
    ours, its = pty.openpty()
    bash = subprocess.Popen(
        ["bash", "--noprofile", "--rcfile", str(tmp_path / "rc"), "-i"],
        stdin=its,
        stdout=its,
        stderr=its,
        env=environ,
        start_new_session=True,
    )
    os.close(its)

    def typed(keys: str, until: str) -> None:
        os.write(ours, keys.encode())
        seen = ""
        while until not in seen:
            assert select.select([ours], [], [], 20)[0], seen
            seen += os.read(ours, 4096).decode().replace("\a", "")

    try:
        typed("", "> ")
        typed("interlock hold led\t", "hold ledger ")
        typed("\b@pr\t", "@prod ")
        typed("\x15interlock deploy se\t", "deploy search=")
        typed("2\t", "2.0.0 ")
    finally:
        bash.kill()
        bash.wait()
        os.close(ours)
