"""Preflight: what is said, in words, before anything is sent."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.drivers import StepResult
from engine.model.observation import Health, Unit
from engine.model.service import DriverName
from tests.drivers.box import Box, eventually, have, placed, served
from tests.drivers.server import SERVER

NEEDED = (
    "sh",
    "cat",
    "chmod",
    "cut",
    "date",
    "env",
    "find",
    "grep",
    "gzip",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "sed",
    "sha256sum",
    "sleep",
    "stat",
    "sync",
    "tail",
    "tar",
    "tr",
    "wc",
    "flock",
    "setsid",
)


def only(box: Box, *tools: str) -> Box:
    """The host has these tools and no others."""
    folder = box.folder / "tools"
    folder.mkdir()
    for tool in tools:
        os.symlink(have(tool), folder / tool)
    box.path = str(folder)
    return box


@pytest.mark.parametrize("fetcher", ["curl", "wget"])
@pytest.mark.parametrize("timeout", [True, False])
def test_the_tools_named_are_all_that_is_needed(box: Box, port: int, fetcher: str, timeout: bool) -> None:
    web = placed(only(box, *NEEDED, fetcher, *(["timeout"] if timeout else [])), served(box, port))
    web.staged("1.0", "2.0").deployed("1.0", "s1")
    web.say("2.0", 500)
    assert web.at("2.0").switch("s2", deadline_s=1.0).result is StepResult.REVERTED
    eventually(lambda: web.sighting().health is Health.PASSING)


def test_missing_tools_are_named(box: Box, port: int) -> None:
    web = placed(box, served(box, port))
    web.claimed()
    only(box, *(tool for tool in NEEDED if tool not in ("sha256sum", "setsid")))
    answer = web.stage(web.artifact("1.0"))
    assert answer.state == "refused"
    for tool in ("sha256sum", "setsid", "curl-or-wget"):
        assert tool in answer.detail


def test_a_real_directory_in_the_place_of_current(any_box: Box) -> None:
    web = placed(any_box).staged("1.0")
    (web.dir / "current").mkdir()
    answer = web.stage(web.artifact("1.0"))
    assert answer.state == "refused"
    assert "is not a link" in answer.detail
    assert web.switch("s1").result is StepResult.FAILED
    assert (web.dir / "current").is_dir()


def test_what_stands_in_releases_without_a_mark_is_replaced(any_box: Box) -> None:
    web = placed(any_box)
    web.claimed()
    foreign = web.dir / "releases" / "1.0"
    foreign.mkdir(parents=True)
    (foreign / "half").write_text("unpacked")
    artifact = web.artifact("1.0")
    assert web.stage(artifact).state == "need"
    assert web.stage(None).state == "refused"
    assert web.upload(artifact).state == "stored"
    assert not (foreign / "half").exists()
    assert web.stage(None).state == "have"


def test_the_running_release_is_never_overwritten(box: Box) -> None:
    web = placed(box).staged("1.0").deployed("1.0", "s1")
    other = web.artifact("1.0", web.release("1.0-other"))
    assert web.stage(other).state == "refused"
    answer = web.upload(other)
    assert answer.state == "refused"
    assert "new version" in answer.detail
    assert (web.dir / "current" / "VERSION").read_text() == "1.0"


def test_no_room_is_said_before_anything_is_sent(any_box: Box) -> None:
    web = placed(any_box)
    web.claimed()
    answer = web.stage(replace(web.artifact("1.0"), size=10**14))
    assert answer.state == "refused"
    assert "bytes free" in answer.detail


def test_systemd_where_there_is_none(box: Box) -> None:
    web = placed(only(box, *NEEDED)).at("1.0", driver=DriverName.SYSTEMD)
    web.claimed()
    answer = web.stage(web.artifact("1.0"))
    assert answer.state == "refused"
    assert "systemd" in answer.detail


def test_a_service_of_somebody_else_is_adopted_moved_and_put_back(any_box: Box, port: int) -> None:
    """Seen at first contact, replaced by a deployment, and started again as it was if that fails."""
    web = placed(any_box, served(any_box, port))
    web.claimed()
    old = web.dir / "releases" / "1.0"
    old.mkdir(parents=True)
    for name, data in (("VERSION", b"1.0"), ("server.py", SERVER.encode())):
        (old / name).write_bytes(data)
    (web.dir / "current").symlink_to("releases/1.0")
    start_by_hand(any_box, old, port)
    eventually(lambda: web.sighting().health is Health.PASSING)
    seen = web.sighting()
    assert (seen.version, seen.release, seen.configuration, seen.unit) == ("1.0", "1.0", None, Unit.RUNNING)
    assert web.at("1.0").stage(web.artifact("1.0", b"unknown")).state == "have"
    new = web.at("2.0")
    assert new.upload(web.artifact("2.0")).state == "stored"
    web.say("2.0", 503)
    assert new.switch("s1", deadline_s=1.0).result is StepResult.REVERTED
    eventually(lambda: web.sighting().version == "1.0")
    web.say("2.0", None)
    new.deployed("2.0", "s2")
    assert web.sighting().version == "2.0"


def start_by_hand(box: Box, folder: Path, port: int) -> None:
    subprocess.Popen(
        [sys.executable, "-I", "-S", "server.py", f"127.0.0.1:{port}"],
        cwd=folder,
        env={**box.env, "SWITCHES": str(box.folder / "switches")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
