"""kill -9 at every command of a step's job that changes something, and of the recovery after it.

Wrappers around those commands count; at the Nth call the whole job is killed, before or after
the command took effect. Whatever N: the previous release runs in the end, and no step ran twice.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from engine.drivers import ConfirmResult, StepResult
from engine.model.observation import Unit
from tests.drivers.box import Box, Placed, eventually, have, placed

# Every instant where nothing may be skipped; elsewhere one in four, other ones for each test.
STRIDE = 1 if os.environ.get("INTERLOCK_REQUIRE_LAB") == "1" else 4
WRAPPED = ("mv", "ln", "rm", "mkdir", "sync", "setsid")
WRAPPER = """#!/bin/sh
case $(tr '\\000' ' ' <"/proc/$PPID/cmdline") in
*"host.sh $KILLED_VERB "*)
    count=$(($(cat "$KILL_COUNT") + 1))
    echo "$count" >"$KILL_COUNT.new" && /bin/mv "$KILL_COUNT.new" "$KILL_COUNT"
    if [ "$count" = "$(cat "$KILL_AT")" ]; then
        [ "$KILL_WHEN" = before ] || {real} "$@"
        read -r line <"/proc/$PPID/stat"
        set -- ${line##*)}
        kill -9 "-$3"
        sleep 1
    fi
    ;;
esac
exec {real} "$@"
"""


def wrap(box: Box, verb: str, when: str) -> None:
    folder = box.folder / "wrappers"
    folder.mkdir()
    for tool in WRAPPED:
        wrapper = folder / tool
        wrapper.write_text(WRAPPER.replace("{real}", have(tool)))
        wrapper.chmod(0o755)
    box.path = f"{folder}:{box.path}"
    box.environment |= {
        "KILL_COUNT": str(box.folder / "count"),
        "KILL_AT": str(box.folder / "at"),
        "KILLED_VERB": verb,
        "KILL_WHEN": when,
    }
    arm(box, 0)


def arm(box: Box, at: int) -> None:
    (box.folder / "count").write_text("0")
    (box.folder / "at").write_text(str(at))


def was_killed(box: Box) -> bool:
    return int((box.folder / "count").read_text() or "0") >= int((box.folder / "at").read_text())


def settled(web: Placed) -> bool:
    """Nothing under way, and one release current and running from its own folder."""
    report = web.report()
    child = web.child()
    return (
        not report.steps
        and report.sightings[0].unit is Unit.RUNNING
        and bool(child)
        and os.path.realpath(f"/proc/{child}/cwd") == os.path.realpath(web.dir / "current")
    )


def finish(web: Placed, step: str) -> StepResult:
    """Attach again as an engine would, after the kill; then let everything come to rest."""
    result = web.switch(step).result
    eventually(lambda: settled(web))
    (web.box.folder / "at").write_text("0")
    return result


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_job_killed_at_any_instant(box: Box, when: str) -> None:
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "first").at("2.0")
    wrap(box, "job", when)
    steps = {"before": 1, "after": 3}[when] - STRIDE
    while True:
        steps += STRIDE
        step = f"s{steps}"
        arm(box, steps)
        result = web.switch(step, confirm_s=0.2).result
        if result is StepResult.HEALTHY:  # killed later, or not at all: it is not confirmed
            eventually((web.own / "steps" / step / "reversed").exists)
        over = not was_killed(box)
        result = finish(web, step)
        assert result in (StepResult.LOST, StepResult.UNCONFIRMED), f"killed at {steps}: {result}"
        assert web.current() == "releases/1.0", f"killed at {steps}"
        assert web.history().count(step) <= 1
        assert web.confirm(step).result is not ConfirmResult.CONFIRMED
        if over:
            break
    assert steps > 12, "the job does more than that: are the wrappers in its way?"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recovery_killed_at_any_instant(box: Box, when: str) -> None:
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "first").at("2.0")
    wrap(box, "recover", when)
    steps = {"before": 1, "after": 3}[when] - STRIDE
    while True:
        steps += STRIDE
        step = f"s{steps}"
        assert web.switch(step, confirm_s=60.0).result is StepResult.HEALTHY
        arm(box, steps)
        kill_detached(box, "watch")
        kill_detached(box, "job")
        eventually(lambda: not web.report().steps)
        over = not was_killed(box)
        assert finish(web, step) is StepResult.UNCONFIRMED
        assert web.current() == "releases/1.0", f"killed at {steps}"
        if over:
            break
    assert steps > 5


def kill_detached(box: Box, verb: str) -> None:
    for pid in box.processes():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if verb.encode() in words[:4]:
            os.kill(pid, signal.SIGKILL)


def test_the_watcher_alone_reverses_what_a_killed_job_left(box: Box) -> None:
    """Nobody calls: the backstop acts by itself."""
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "s1").at("2.0")
    assert web.switch("s2", confirm_s=60.0).result is StepResult.HEALTHY
    kill_detached(box, "job")
    eventually((web.own / "steps" / "s2" / "reversed").exists)
    assert web.current() == "releases/1.0"


def test_a_job_that_hangs_is_ended_by_the_backstop(box: Box) -> None:
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "s1").at("2.0")
    assert web.switch("s2", deadline_s=1.0, confirm_s=0.5).result is StepResult.HEALTHY
    job = int((web.own / "steps" / "s2" / "job").read_text().split()[0])
    os.kill(job, signal.SIGSTOP)
    eventually((web.own / "steps" / "s2" / "reversed").exists, timeout_s=15.0)
    assert web.current() == "releases/1.0"
    assert web.switch("s2").result is StepResult.UNCONFIRMED


def test_a_power_cut_between_switch_and_confirmation(box: Box) -> None:
    """At first contact after the boot the previous release is put back and started."""
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "s1").at("2.0")
    assert web.switch("s2", confirm_s=60.0).result is StepResult.HEALTHY
    box.reboot("boot-2")
    assert web.confirm("s2").result is ConfirmResult.FIRED
    answer = web.switch("s2")
    assert answer.result is StepResult.REBOOTED
    assert "release 1.0 was put back" in answer.detail
    assert settled(web)
    assert web.report().boot_id == "boot-2"


def test_a_power_cut_while_it_is_judged(box: Box) -> None:
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "s1").at("2.0")
    call = box.start(web.switching("s2", healthy_s=30.0, deadline_s=60.0))
    assert call.stdin
    call.stdin.write(web.switching("s2").stdin)
    call.stdin.close()
    eventually(lambda: web.current() == "releases/2.0")
    box.reboot("boot-2")
    call.wait()
    eventually(lambda: web.report().steps == {} and web.current() == "releases/1.0")
    assert web.switch("s2").result is StepResult.REBOOTED
    assert web.history() == ["s1", "s2"]
