"""A move to another base folder: what it leaves is stopped, comes back if the move fails, and is
withdrawn once it is confirmed. At no time do two versions run."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

from engine.drivers import ConfirmResult, StepResult
from engine.model.observation import Claim, Health
from tests.drivers.box import Box, Placed, eventually, placed, served


def moved(box: Box, port: int) -> tuple[Placed, Placed]:
    """A service that runs 1.0 in its old base, and the same in a new one with 2.0 staged."""
    old = placed(box, served(box, port)).staged("1.0").deployed("1.0", "s1")
    new = placed(box, served(box, port, base="elsewhere")).staged("2.0").at("2.0")
    return old, new


def is_empty(place: Placed) -> bool:
    """Whether nothing there would ever start again. (Its check may pass: the port is the other's.)"""
    return place.current() == "" and not (place.own / "configuration").is_symlink() and not place.child()


def servers(box: Box, port: int) -> list[int]:
    """The processes that serve on the port."""
    suffix = f":{port}".encode()
    found = []
    for pid in box.processes():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if words[-1].endswith(suffix) and b"server.py" in words:
            found.append(pid)
    return found


def test_what_is_left_is_stopped_and_withdrawn_once_it_is_confirmed(any_box: Box, port: int) -> None:
    old, new = moved(any_box, port)
    assert new.switch("s2", leaving=old).result is StepResult.HEALTHY
    assert len(servers(any_box, port)) == 1
    assert old.current() == "releases/1.0"  # it may still come back
    assert new.confirm("s2").result is ConfirmResult.CONFIRMED
    eventually(lambda: old.current() == "")
    assert is_empty(old)
    assert (new.sighting().version, new.sighting().health) == ("2.0", Health.PASSING)
    eventually(lambda: not (new.own / "leaving").exists())
    assert len(servers(any_box, port)) == 1


def test_what_is_left_comes_back_if_the_new_one_is_unhealthy(any_box: Box, port: int) -> None:
    old, new = moved(any_box, port)
    new.say("2.0", 503)
    answer = new.switch("s2", leaving=old, deadline_s=3.0)
    assert answer.result is StepResult.REVERTED
    assert "503" in answer.detail
    assert "interlock was put back" in answer.detail
    eventually(lambda: old.sighting().health is Health.PASSING)
    assert old.sighting().version == "1.0"
    assert is_empty(new)
    assert len(servers(any_box, port)) == 1


def test_what_is_left_comes_back_without_a_confirmation(box: Box, port: int) -> None:
    old, new = moved(box, port)
    assert new.switch("s2", leaving=old, confirm_s=0.3).result is StepResult.HEALTHY
    eventually(lambda: old.sighting().health is Health.PASSING)
    assert new.switch("s2", leaving=old).result is StepResult.UNCONFIRMED
    assert len(servers(box, port)) == 1


def test_what_is_left_comes_back_if_the_step_is_killed(box: Box, port: int) -> None:
    old, new = moved(box, port)
    new.say("2.0", 503)
    call = box.start(new.switching("s2", leaving=old, deadline_s=30.0))
    assert call.stdin is not None
    call.stdin.write(new.switching("s2").stdin)
    call.stdin.close()
    eventually(lambda: new.current() == "releases/2.0" and servers(box, port))
    os.kill(int((new.own / "steps" / "s2" / "job").read_text().split()[0]), signal.SIGKILL)
    assert new.switch("s2", leaving=old).result is StepResult.LOST
    eventually(lambda: old.sighting().health is Health.PASSING)
    assert (old.sighting().version, is_empty(new)) == ("1.0", True)
    call.wait(10)
    assert len(servers(box, port)) == 1


def test_what_is_left_comes_back_after_a_reboot(box: Box, port: int) -> None:
    old, new = moved(box, port)
    assert new.switch("s2", leaving=old, confirm_s=60.0).result is StepResult.HEALTHY
    box.reboot("boot-2")
    assert new.switch("s2", leaving=old).result is StepResult.REBOOTED
    eventually(lambda: old.sighting().health is Health.PASSING)
    assert (old.sighting().version, new.current()) == ("1.0", "")


def test_a_step_killed_after_its_confirmation_still_withdraws_what_it_left(box: Box, port: int) -> None:
    old, new = moved(box, port)
    assert new.switch("s2", leaving=old, confirm_s=60.0).result is StepResult.HEALTHY
    os.kill(int((new.own / "steps" / "s2" / "job").read_text().split()[0]), signal.SIGKILL)
    os.rename(new.own / "armed", new.own / "steps" / "s2" / "confirmed")  # as a confirmation does
    eventually(lambda: new.sighting().version == "2.0" and old.current() == "")
    eventually(lambda: not (new.own / "leaving").exists())


def test_a_service_that_was_only_adopted_there_comes_back_too(box: Box, port: int) -> None:
    old = placed(box, served(box, port)).staged("1.0").at("1.0")
    os.symlink("releases/1.0", old.dir / "current")
    (old.dir / "releases" / "1.0" / ".interlock-release").unlink()
    environment = {**box.env, "SWITCHES": str(box.folder / "switches")}
    words = old.spec.command.split()
    process = subprocess.Popen(words, cwd=old.dir / "current", env=environment, start_new_session=True)
    try:
        eventually(lambda: old.sighting().version == "1.0")
        new = placed(box, served(box, port, base="elsewhere")).staged("2.0").at("2.0")
        new.say("2.0", 503)
        assert new.switch("s2", leaving=old, deadline_s=1.0).result is StepResult.REVERTED
        eventually(lambda: old.sighting().health is Health.PASSING)
        assert old.sighting().version == "1.0"
    finally:
        process.kill()
        process.wait()


def test_a_base_that_obeys_another_engine_is_not_left(box: Box, port: int) -> None:
    old, new = moved(box, port)
    assert old.claimed(Claim("store2", 1, "engine9"), take_over=True).accepted
    answer = new.switch("s2", leaving=old)
    assert answer.result is StepResult.FENCED
    assert answer.holder == Claim("store2", 1, "engine9")
    assert replace(old, claim=Claim("store2", 1, "engine9")).sighting().version == "1.0"


def test_back_and_forth_ends_where_it_should(box: Box, port: int) -> None:
    old, new = moved(box, port)
    assert new.switch("s2", leaving=old).result is StepResult.HEALTHY
    assert new.confirm("s2").result is ConfirmResult.CONFIRMED
    eventually(lambda: old.current() == "")
    assert old.at("1.0").switch("s3", leaving=new).result is StepResult.HEALTHY
    assert old.confirm("s3").result is ConfirmResult.CONFIRMED
    eventually(lambda: new.current() == "")
    assert (old.sighting().version, is_empty(new)) == ("1.0", True)
    assert len(servers(box, port)) == 1
