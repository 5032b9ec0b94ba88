"""What a host may forget, and what it never forgets."""

from __future__ import annotations

import os
import time

import pytest

from engine.drivers import StepResult
from engine.drivers.bundle import bundle
from tests.drivers.box import Box, Placed, eventually, placed


def releases(web: Placed) -> list[str]:
    return sorted(each.name for each in (web.dir / "releases").iterdir())


def aged(web: Placed, version: str, seconds: float) -> None:
    """As if it had been brought so long ago (busybox sorts by whole seconds)."""
    then = time.time() - seconds
    os.utime(web.dir / "releases" / version / ".interlock-release", (then, then))


def test_the_newest_releases_stay_with_the_current_and_the_last_good_one(any_box: Box) -> None:
    web = placed(any_box).staged("1.0")
    aged(web, "1.0", 2000)
    web.deployed("1.0", "s1", keep=3)
    for number in range(2, 6):
        web.staged(f"{number}.0")
        aged(web, f"{number}.0", 1000 - number)
    web.deployed("5.0", "s2", keep=3)
    eventually(lambda: releases(web) == ["1.0", "4.0", "5.0"])
    assert web.current() == "releases/5.0"
    web.deployed("1.0", "s3", keep=1)
    eventually(lambda: "4.0" not in releases(web) or len(releases(web)) <= 3)
    assert {"1.0", "5.0"} <= set(releases(web)), "the last good one is gone"


def test_what_was_there_before_interlock_is_never_removed(box: Box) -> None:
    web = placed(box)
    web.claimed()
    (web.dir / "releases" / "0.9").mkdir(parents=True)
    (web.dir / "current").symlink_to("releases/0.9")
    for number in range(1, 5):
        web.staged(f"{number}.0").deployed(f"{number}.0", f"s{number}", keep=1)
    eventually(lambda: releases(web) == ["0.9", "3.0", "4.0"])


def test_a_reverted_step_removes_no_release(box: Box) -> None:
    web = placed(box).staged("1.0", "2.0", "3.0").deployed("1.0", "s1", keep=1)
    assert web.at("3.0", command="false").switch("s2", deadline_s=0.5, keep=1).result is StepResult.REVERTED
    assert "1.0" in releases(web)
    assert web.current() == "releases/1.0"


def test_old_steps_are_forgotten_and_those_of_a_day_kept(any_box: Box) -> None:
    web = placed(any_box).staged("1.0").deployed("1.0", "s1")
    steps = web.own / "steps"
    for number in range(30):
        (steps / f"old{number}").mkdir()
        (steps / f"young{number}").mkdir()
        os.utime(steps / f"old{number}", (1.0e9 + number, 1.0e9 + number))
    web.deployed("1.0", "s2")
    eventually(lambda: not list(steps.glob("old*")))
    assert len(list(steps.glob("young*"))) == 30
    assert web.switch("s1").result is StepResult.HEALTHY, "a step's result is gone"


def test_configurations_do_not_pile_up_while_steps_fail(box: Box) -> None:
    web = placed(box).staged("1.0").deployed("1.0", "s1")
    for number in range(3):
        failing = web.at("1.0", command="false")
        assert failing.switch(f"bad{number}", deadline_s=0.4).result is StepResult.REVERTED
    eventually(lambda: [each.name for each in (web.own / "configurations").iterdir()] == ["s1"])


@pytest.mark.skipif(os.geteuid() != 0, reason="making a folder immutable needs root")
def test_a_reversal_that_cannot_be_written_is_not_said_to_be_done(box: Box) -> None:
    """As on a full disk: it is tried again until it can be carried out."""
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "s1")
    call = box.start(web.at("2.0", command="sleep 600").switching("s2", healthy_s=1.0, deadline_s=3.0, confirm_s=1.0))
    assert call.stdin is not None
    call.stdin.write(bundle(web.at("2.0", command="sleep 600").spec))
    call.stdin.close()
    eventually(lambda: web.current() == "releases/2.0")
    blocked = web.dir / "current.new"
    blocked.mkdir()
    (blocked / "in-the-way").touch()  # rm -f cannot take it away, so the link cannot be made
    eventually((web.own / "reversing").exists)
    time.sleep(0.5)
    assert (web.own / "reversing").exists()
    assert web.current() == "releases/2.0"
    assert "was put back" not in (web.own / "steps" / "s2" / "result").read_text()
    (blocked / "in-the-way").unlink()
    blocked.rmdir()
    eventually(lambda: web.sighting() and web.current() == "releases/1.0")
    eventually(lambda: b"was put back" in (web.own / "steps" / "s2" / "result").read_bytes())
    call.wait(20)
