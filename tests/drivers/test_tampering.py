"""What a look tells of hands that worked on the host, under every shell; and that a step under a new
name puts the same release and configuration in force again."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace

import pytest

from engine import drivers
from engine.drivers import ConfirmResult, StepResult
from engine.model.observation import Health, Unit
from engine.model.remote import Reply
from tests.drivers.box import Box, Placed, eventually, placed, served


def running(box: Box, port: int) -> Placed:
    return placed(box, served(box, port)).staged("1.0").deployed("1.0", "s1")


def altered(web: Placed) -> str:
    """What reading the release again finds."""
    specs = [replace(web.spec, version=None)]
    (verdict,) = drivers.parse_verify(web.box.run(drivers.verify(web.spec.organization, specs)), specs)
    return verdict.altered


def again(web: Placed, step: str) -> None:
    """What a heal does."""
    assert web.switch(step).result is StepResult.HEALTHY
    assert web.confirm(step).result is ConfirmResult.CONFIRMED
    seen = web.sighting()
    assert (seen.version, seen.unit, seen.health, seen.edited) == ("1.0", Unit.RUNNING, Health.PASSING, False)


def test_what_a_host_says_of_alterations_is_bounded(box: Box, port: int) -> None:
    specs = [placed(box, served(box, port)).spec]
    said = f"service\t{specs[0].service}\nrelease\t1.0\n" + "".join(
        f"altered\tfile{number}\n" for number in range(1000)
    )
    (verdict,) = drivers.parse_verify(Reply(0, said), specs)
    assert verdict.altered == "file0"


def test_content_restarts_and_edits_are_told(any_box: Box, port: int) -> None:
    web = running(any_box, port)
    seen = web.sighting()
    assert seen.sha256 == web.artifact("1.0").sha256
    assert (seen.edited, seen.restarts) == (False, 0)

    os.kill(web.child(), signal.SIGKILL)
    eventually(lambda: web.sighting().restarts == 1 and web.sighting().health is Health.PASSING)

    run = web.own / "configuration" / "run"
    run.write_text(run.read_text() + "# by hand\n")
    assert web.sighting().edited
    again(web, "s2")

    (web.dir / "releases" / "1.0" / ".interlock-release").write_text("0" * 64 + "\n")
    assert web.sighting().sha256 == "0" * 64


def test_a_service_stopped_by_hand_is_told_and_comes_back(box: Box, port: int) -> None:
    web = running(box, port)
    for pid in box.processes():
        box.kill(pid)
    eventually(lambda: web.sighting().unit is Unit.FAILED)
    again(web, "s2")


def test_a_link_moved_by_hand_is_told_and_comes_back(box: Box, port: int) -> None:
    web = running(box, port).staged("2.0")
    link = web.dir / "current"
    link.unlink()
    link.symlink_to("releases/2.0")
    seen = web.sighting()
    assert (seen.version, seen.release) == ("1.0", "2.0")
    again(web.at("1.0"), "s2")
    assert web.current() == "releases/1.0"


def test_a_base_removed_whole_is_told_and_can_be_built_anew(box: Box, port: int) -> None:
    web = running(box, port)
    for pid in box.processes():
        box.kill(pid)
    shutil.rmtree(web.dir.parent)
    seen = web.report()
    assert seen.claim is None
    assert (seen.sightings[0].unit, seen.sightings[0].release) == (Unit.ABSENT, None)
    again(web.staged("1.0").at("1.0"), "s1")  # the host knows no step by that name any more


def test_an_edited_release_is_told_by_name_and_replaced_while_it_runs(any_box: Box, port: int) -> None:
    web = running(any_box, port)
    good, release = web.artifact("1.0"), web.dir / "releases" / "1.0"
    (release / "__pycache__").mkdir()
    (release / "__pycache__" / "server.pyc").write_text("what the service adds is its own")
    assert altered(web) == ""
    assert web.stage(good, anew=True).state == "have"

    (release / "bin" / "serve").write_text("#!/bin/sh\nexit 1\n")
    (release / "VERSION").unlink()
    assert altered(web) == "VERSION bin/serve"
    assert web.stage(good).state == "have", "an ordinary step trusts the mark"
    pid = web.child()
    for name in (web.dir.parent / ".interlock" / "cache").iterdir():
        name.unlink()
    assert web.stage(good, anew=True).state == "need"
    assert web.upload(good, anew=True).state == "stored"
    assert (web.current(), altered(web), web.child()) == ("releases/1.0", "", pid)
    foreign = web.dir / "releases" / ".foreign.1.0"
    assert (foreign / "bin" / "serve").read_text() == "#!/bin/sh\nexit 1\n"
    again(web, "s2")
    web.staged("2.0").deployed("2.0", "s3")
    eventually(lambda: not foreign.exists())


def test_another_artifact_under_the_version_that_runs_gives_way_to_the_one_deployed(box: Box, port: int) -> None:
    web = running(box, port)
    good = web.artifact("1.0")
    (web.dir / "releases" / "1.0" / ".interlock-release").write_text("0" * 64 + "\n")
    assert web.stage(good).state == "refused"
    assert web.stage(good, anew=True).detail == "from the cache of this host"
    assert web.sighting().sha256 == good.sha256
    again(web, "s2")


@pytest.mark.parametrize("killed", ["linked", "cleared", "placed"])
def test_a_replacement_that_was_killed_half_way_is_finished_by_the_next_call(box: Box, port: int, killed: str) -> None:
    web = running(box, port)
    good, releases = web.artifact("1.0"), web.dir / "releases"
    shutil.copytree(releases / "1.0", releases / ".good.1.0")
    (releases / "1.0" / "VERSION").write_text("foreign")
    link = web.dir / "current"
    link.unlink()
    link.symlink_to("releases/.good.1.0")
    if killed != "linked":
        (releases / "1.0").rename(releases / ".foreign.1.0")
    if killed == "placed":
        shutil.copytree(releases / ".good.1.0", releases / "1.0")
    assert web.sighting().release == "1.0"
    assert web.stage(good, anew=True).state == "have"
    assert (web.current(), altered(web)) == ("releases/1.0", "")
    assert not (releases / ".good.1.0").exists()
    again(web, "s2")
