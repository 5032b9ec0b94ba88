"""What a stranger needs to get going: the set-up says clearly what is missing, the pins are
complete, the wheel holds what the program reads at run time, and the README tells the truth.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from console.cli.main import cli

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = [Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]
PINS = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]

# Interpreters as `.ci/venv` meets them: what it asks is in its `-c` argument.
TOO_OLD = 'case "$2" in *version_info*) exit 1;; *platform*) echo Python 3.9.2;; esac'
NO_VENV = 'case "$2" in *ensurepip*) exit 1;; *platform*) echo Python 3.11.2;; esac'


def set_up(folder: Path, pythons: dict[str, str], wanted: str = "") -> subprocess.CompletedProcess[str]:
    """Run `.ci/venv` in a copy of the project where only these interpreters are on the path."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/venv", folder / ".ci/venv")
    tools = folder / "bin"
    tools.mkdir()
    (tools / "dirname").symlink_to(shutil.which("dirname") or "")
    for name, body in pythons.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    command = ["/bin/sh", str(folder / ".ci/venv"), *([wanted] if wanted else [])]
    return subprocess.run(command, env={"PATH": str(tools)}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("pythons", "wanted", "sentence"),
    [
        ({}, "", "none of python3.13, python3.12, python3.11, python3 does not run here"),
        ({"python3": TOO_OLD}, "", "Python 3.11 or newer is needed, and python3 is Python 3.9.2"),
        ({"python3": NO_VENV}, "", "apt install python3-venv"),
        ({"python3.12": NO_VENV, "python3": TOO_OLD}, "", "python3.12 (Python 3.11.2) cannot make a virtual"),
        ({}, "python3.12", "python3.12 does not run here"),
    ],
)
def test_a_machine_that_lacks_something_is_told_what(
    tmp_path: Path, pythons: dict[str, str], wanted: str, sentence: str
) -> None:
    done = set_up(tmp_path, pythons, wanted)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Nothing was changed." in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_what_make_runs_has_standard_output_to_itself(tmp_path: Path) -> None:
    """`make demo ARGS=--headless` prints JSON for scripts, also where it has to set up first."""
    done = set_up(
        tmp_path, {"python3": 'case "$1" in -m) exit 1;; esac; case "$2" in *platform*) echo Python 3.12.1;; esac'}
    )
    assert "making .venv" in done.stderr
    assert done.stdout == ""


def test_every_pin_is_one_exact_version_and_no_address() -> None:
    assert [line for line in PINS if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( ; .+)?", line)] == []


def test_every_direct_dependency_is_pinned_to_a_version_it_admits() -> None:
    pinned = {canonicalize_name(pin.name): pin for pin in map(Requirement, PINS)}
    wrong = [
        str(wish)
        for wish in DIRECT
        if (pin := pinned.get(canonicalize_name(wish.name))) is None
        or not wish.specifier.contains(str(pin.specifier).removeprefix("=="), prereleases=True)
    ]
    assert wrong == []


def test_every_library_imported_is_declared_and_every_declared_one_is_explained() -> None:
    owners = packages_distributions()
    imported = set()
    for path in [*(ROOT / "engine").rglob("*.py"), *(ROOT / "console").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            imported |= {name.split(".")[0] for name in names}
    foreign = imported - set(sys.stdlib_module_names) - {"engine", "console"}
    needed = {canonicalize_name(owner) for name in foreign for owner in owners.get(name, [name])}
    declared = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    assert needed - declared == set()
    architecture = (ROOT / "docs/architecture.md").read_text().lower()
    assert {name for name in declared if f"`{name}`" not in architecture} == set()


def test_the_change_log_and_the_licence_are_those_of_this_version() -> None:
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_a_wheel_holds_everything_that_is_read_at_run_time(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for name in ("engine", "console", "inventories"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = tmp_path.glob("interlock-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for folder in ("engine", "console", "inventories")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted - held == set()


def commands_in(document: str) -> set[tuple[str, str]]:
    """What a reader is told to type: (make|interlock, first word) in fenced code."""
    text = (ROOT / document).read_text()
    fenced = "\n".join(re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return set(re.findall(r"^(?:\$ )?(make|interlock) ([a-z][a-z-]*)", fenced, re.MULTILINE))


@pytest.mark.parametrize("document", ["README.md", "docs/operations.md", "docs/inventory.md"])
def test_the_commands_that_readers_are_told_to_type_exist(document: str) -> None:
    known = {
        "make": set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)),
        "interlock": set(cli.list_commands(click.Context(cli))),
    }
    assert {(tool, word) for tool, word in commands_in(document) if word not in known[tool]} == set()


def test_the_readme_names_the_two_commands() -> None:
    assert {("make", "demo"), ("make", "test")} <= commands_in("README.md")
