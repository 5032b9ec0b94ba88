"""Shells complete commands and options, quickly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


def completed(*words: str) -> list[str]:
    """What bash would be offered for the last of these words."""
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
    return [line.removeprefix("plain,") for line in ran.stdout.splitlines()]


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
