"""What a pipeline gets of ``deploy --wait``: progress as NDJSON, a JUnit file, exit codes; and the
recipe of docs/operations.md, run as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.api.served import Served
from tests.cli.conftest import Interlock

REPOSITORY = Path(__file__).parents[2]


def news(file: Path, event: str) -> list[dict[str, object]]:
    """The lines of one kind."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert all(line["at"].endswith("Z") and line["change"] for line in lines)
    return [line for line in lines if line["event"] == event]


def suite(file: Path) -> ET.Element:
    """The one suite of a JUnit file, whose counts are those of its cases."""
    (found,) = ET.parse(file).getroot()
    for tag, count in (("testcase", "tests"), ("failure", "failures"), ("skipped", "skipped"), ("error", "errors")):
        assert len(found.findall(f".//{tag}")) == int(found.attrib[count]), count
    return found


def test_progress_and_a_junit_file_of_a_change_that_succeeds(
    engine: Served, interlock: Interlock, tmp_path: Path
) -> None:
    progress, junit = tmp_path / "progress.ndjson", tmp_path / "junit.xml"
    files = (f"--progress={progress}", f"--junit={junit}")
    ran = interlock("deploy", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod", "--wait", "-o", "json", *files)
    assert (ran.code, ran.data["state"]) == (0, "succeeded")
    assert news(progress, "change")[-1]["state"] == "succeeded"
    states = [(line["service"], line["state"]) for line in news(progress, "item")]
    assert len(states) == len(set(states)), "nothing is told twice"
    assert set(states) >= {("ledger", "succeeded"), ("checkout", "succeeded")}
    assert {line["host"] for line in news(progress, "move")} == {"prod-eu-a1", "prod-eu-b1"}
    found = suite(junit)
    assert found.attrib["name"] == "change 1 in prod"
    assert [case.attrib["name"] for case in found] == ["checkout 1.0.0 -> 1.1.0", "ledger 1.0.0 -> 1.1.0"]
    assert found.attrib["failures"] == found.attrib["skipped"] == "0"


def test_a_failure_is_one_with_what_the_host_said_and_the_rest_is_skipped(
    engine: Served, interlock: Interlock, tmp_path: Path
) -> None:
    engine.engine.fail["ledger"] = "health check answers \x1b[31m503 <&>"
    junit = tmp_path / "junit.xml"
    ran = interlock("deploy", "checkout=1.1.0", "ledger=1.1.0", "-e", "prod", "--wait", f"--junit={junit}")
    assert ran.code == 1
    checkout, ledger = suite(junit)
    assert checkout[0].tag == "skipped"
    assert ledger[0].tag == "failure"
    assert "503 <&>" in (ledger[0].text or "")
    assert "prod-eu-" in (ledger[0].text or "")


def test_what_is_not_over_in_time_fails_and_says_what_holds_it(
    still: Served, interlock: Interlock, tmp_path: Path
) -> None:
    interlock("pause")
    progress, junit = tmp_path / "progress.ndjson", tmp_path / "junit.xml"
    files = (f"--progress={progress}", f"--junit={junit}")
    ran = interlock("deploy", "ledger=1.1.0", "-e", "prod", "--wait", "--timeout", "300ms", *files)
    assert ran.code == 4
    assert [line["reason"] for line in news(progress, "wait")] == ["Paused"]
    (case,) = suite(junit)
    assert case[0].attrib["message"] == "still waiting: nobody waited any longer"
    assert "Paused: " in (case[0].text or "")


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--wait", "--junit=/nowhere/j.xml"], "cannot be written"), (["--progress=p"], "need --wait")],
)
def test_what_cannot_be_kept_is_said_before_anything_is_asked(
    engine: Served, interlock: Interlock, options: list[str], said: str
) -> None:
    ran = interlock("deploy", "ledger=1.1.0", "-e", "prod", *options)
    assert ran.code == 2
    assert said in ran.err
    assert engine.engine.requests == []


def recipe() -> str:
    """The shell script below *In a pipeline*."""
    section = (REPOSITORY / "docs/operations.md").read_text().partition("\n## In a pipeline\n")[2]
    (script,) = re.findall(r"```sh\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    return str(script)


@pytest.mark.parametrize(("version", "failing", "code"), [("1.1.0", "", 0), ("1.1.0", "not healthy", 1), ("9", "", 1)])
def test_the_recipe_of_the_documentation(engine: Served, tmp_path: Path, version: str, failing: str, code: int) -> None:
    if failing:
        engine.engine.fail["checkout"] = failing
    program = tmp_path / "bin" / "interlock"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m console "$@"\n')
    program.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")},
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "INTERLOCK_ENGINE": engine.address,
        "VERSION": version,
        "BUILD": "42",
    }
    command = ["sh", "-eu", "-c", recipe()]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert (tmp_path / "junit.xml").exists() == (version != "9"), "what is refused never became a change"
    if version != "9":
        assert json.loads((tmp_path / "change.json").read_text())["reason"] == "build 42"
        assert suite(tmp_path / "junit.xml").attrib["failures"] == str(code)
    assert "Traceback" not in done.stderr
