"""Driver ``script``: the user's own commands run a service, and the dead man's switch guards them.

The service here is a file that says what runs; ``apply`` writes it, ``observe`` prints it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine import drivers
from engine.drivers import ConfirmResult, StepResult
from engine.model.hook import SecretSource
from engine.model.observation import Health, Unit
from engine.model.release import Artifact, marker
from engine.model.running import Script
from engine.model.service import Configuration, DriverName, HealthCheck
from tests.drivers.box import Box, Placed, eventually, placed

APPLY = """
set -- "${INTERLOCK_VERSION:--}" "${INTERLOCK_RELEASE##*/}" "$COLOUR"
echo "$INTERLOCK_SERVICE $INTERLOCK_ENVIRONMENT $*" >>"$STATE/calls"
[ ! -e "$STATE/slow.$INTERLOCK_VERSION" ] || { echo $$ >"$STATE/pid"; sleep 30; }
[ ! -e "$STATE/fails.$INTERLOCK_VERSION" ] || { echo "cannot bring up $INTERLOCK_VERSION"; exit 3; }
printf '%s\\n' "$INTERLOCK_VERSION" >"$STATE/runs"
"""
OBSERVE = '[ ! -e "$STATE/blind" ] || { echo "no view" >&2; exit 4; }; cat "$STATE/runs" 2>/dev/null || :'


def configured(box: Box, **changes: object) -> Configuration:
    script = Script(("sh", "-c", APPLY), ("sh", "-c", OBSERVE), apply_timeout_s=5.0, observe_timeout_s=5.0)
    plain = Configuration(
        DriverName.SCRIPT,
        "interlock",
        "",
        variables={"STATE": str(box.folder), "COLOUR": "it's $red"},
        health=HealthCheck(interval_s=0.1, timeout_s=1.0, passes=1),
        script=script,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def staged(box: Box, *versions: str, **changes: object) -> Placed:
    """Claimed, and these versions staged; there is nothing to send."""
    web = placed(box, configured(box, **changes))
    assert web.claimed().accepted
    for version in versions:
        assert web.at(version).stage(marker("web", version, "")).state == "have"
    return web


def read(box: Box, name: str) -> str:
    file = box.folder / name
    return file.read_text().strip() if file.exists() else ""


def runs(box: Box) -> str:
    return read(box, "runs")


def is_at_work(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def touch(box: Box, name: str) -> None:
    (box.folder / name).write_text("")


def calls(box: Box) -> list[str]:
    return read(box, "calls").splitlines()


def test_a_version_is_applied_and_seen_and_a_withdrawal_applies_none(any_box: Box) -> None:
    web = staged(any_box, "1.0", "2.0").deployed("1.0", "first").deployed("2.0", "second")
    assert runs(any_box) == "2.0"
    assert web.current() == "releases/2.0"
    assert calls(any_box) == ["web prod 1.0 1.0 it's $red", "web prod 2.0 2.0 it's $red"]
    seen = web.sighting()
    assert (seen.version, seen.release, seen.unit, seen.health) == ("2.0", "2.0", Unit.RUNNING, Health.PASSING)
    assert seen.sha256 == marker("web", "2.0", "").sha256
    assert seen.configuration == web.spec.configuration
    assert web.withdraw("out").result is StepResult.WITHDRAWN
    assert (runs(any_box), web.current()) == ("", "")
    assert calls(any_box)[-1].split()[:3] == ["web", "prod", "-"]
    assert web.sighting().unit is Unit.ABSENT


def test_an_apply_that_fails_is_put_back_by_applying_the_former_version(any_box: Box) -> None:
    web = staged(any_box, "1.0", "2.0").deployed("1.0", "first")
    touch(any_box, "fails.2.0")
    answer = web.at("2.0").switch("second")
    assert answer.result is StepResult.REVERTED
    assert "apply ended with status 3: cannot bring up 2.0" in answer.detail
    assert "release 1.0 was put back" in answer.detail
    assert answer.log == ("cannot bring up 2.0",)
    assert (runs(any_box), web.current()) == ("1.0", "releases/1.0")
    assert [line.split()[2] for line in calls(any_box)] == ["1.0", "2.0", "1.0"]
    assert drivers.parse_log(any_box.run(drivers.service_log(web.spec, 5))) == ("cannot bring up 2.0",)


def test_what_runs_something_else_than_it_was_told_is_put_back(box: Box) -> None:
    liar = Script(
        ("sh", "-c", f"{APPLY}\n[ $INTERLOCK_VERSION != 2.0 ] || echo 1.9 >$STATE/runs"), ("sh", "-c", OBSERVE)
    )
    web = staged(box, "1.0", "2.0", script=liar).deployed("1.0", "first")
    answer = web.at("2.0").switch("second", deadline_s=1.0)
    assert answer.result is StepResult.REVERTED
    assert "observe reports 1.9, not 2.0" in answer.detail
    assert runs(box) == "1.0"


def test_an_apply_that_takes_too_long_is_ended_with_all_it_began(any_box: Box) -> None:
    script = replace(configured(any_box).script or Script((), ()), apply_timeout_s=0.5)
    web = staged(any_box, "1.0", "2.0", script=script).deployed("1.0", "first")
    touch(any_box, "slow.2.0")
    answer = web.at("2.0").switch("second")
    assert answer.result is StepResult.REVERTED
    assert "apply took longer than 500 ms and was ended" in answer.detail
    assert runs(any_box) == "1.0"
    assert not is_at_work(int(read(any_box, "pid")))


def test_without_a_confirmation_the_former_version_is_applied(any_box: Box) -> None:
    web = staged(any_box, "1.0", "2.0").deployed("1.0", "first").at("2.0")
    assert web.switch("second", confirm_s=0.2).result is StepResult.HEALTHY
    eventually(lambda: runs(any_box) == "1.0" and web.current() == "releases/1.0")
    assert web.confirm("second").result is ConfirmResult.FIRED
    assert web.switch("second").result is StepResult.UNCONFIRMED


def test_an_unhealthy_version_is_put_back(box: Box) -> None:
    health = HealthCheck(command=("sh", "-c", '! grep -q 2.0 "$0/runs"', str(box.folder)), interval_s=0.1, passes=1)
    web = staged(box, "1.0", "2.0", health=health).deployed("1.0", "first")
    answer = web.at("2.0").switch("second", deadline_s=0.6)
    assert (answer.result, runs(box)) == (StepResult.REVERTED, "1.0")
    assert "the check command failed" in answer.detail


def test_a_job_killed_in_the_midst_of_its_apply(any_box: Box) -> None:
    web = staged(any_box, "1.0", "2.0").deployed("1.0", "first").at("2.0")
    touch(any_box, "slow.2.0")
    for whom in ("job", "apply", "both"):
        (any_box.folder / "pid").unlink(missing_ok=True)
        kill_in_the_midst(web, whom)


def kill_in_the_midst(web: Placed, whom: str) -> None:
    command = web.switching(whom)
    call = web.box.start(command)
    assert call.stdin is not None
    call.stdin.write(command.stdin)
    call.stdin.close()
    eventually(lambda: read(web.box, "pid"))
    job = int((web.own / "steps" / whom / "job").read_text().split()[0])
    apply = int(read(web.box, "pid"))
    for pid in [job] * (whom != "apply") + [apply] * (whom != "job"):
        web.box.kill(pid)
    call.wait(30)
    answer = web.switch(whom)
    assert answer.result is (StepResult.REVERTED if whom == "apply" else StepResult.LOST), answer
    eventually(lambda: runs(web.box) == "1.0" and not web.report().steps)
    assert web.current() == "releases/1.0"
    # nothing that the dead job had begun is left to write over what was put back
    assert not is_at_work(apply)
    assert web.history().count(whom) == 1


def test_after_a_reboot_the_former_version_is_applied_at_first_contact(box: Box) -> None:
    web = staged(box, "1.0", "2.0").deployed("1.0", "first").at("2.0")
    assert web.switch("second").result is StepResult.HEALTHY
    box.reboot("boot-2")
    assert runs(box) == "2.0"
    web.report()
    eventually(lambda: runs(box) == "1.0")
    assert web.switch("second").result is StepResult.REBOOTED


def test_a_first_version_that_fails_is_stopped(box: Box) -> None:
    web = staged(box, "1.0")
    touch(box, "fails.1.0")
    assert web.at("1.0").switch("first").result is StepResult.REVERTED
    assert (runs(box), web.current()) == ("", "")


@pytest.mark.parametrize("first", ["2.0", "0.9"])
def test_what_ran_before_interlock_is_adopted_and_put_back(box: Box, first: str) -> None:
    (box.folder / "runs").write_text(f"{first}\n")
    web = staged(box, "2.0")
    assert (web.sighting().version, web.sighting().unit) == (first, Unit.RUNNING)
    touch(box, "fails.2.0") if first != "2.0" else touch(box, "unhealthy")
    health = HealthCheck(command=("test", "!", "-e", str(box.folder / "unhealthy")), interval_s=0.1, passes=1)
    answer = web.at("2.0", health=health).switch("first", deadline_s=0.5)
    assert answer.result is StepResult.REVERTED
    assert f"release {first} was put back" in answer.detail
    assert runs(box) == first


def test_an_observe_that_fails_is_unknown_and_never_healthy(any_box: Box) -> None:
    web = staged(any_box, "1.0", "2.0").deployed("1.0", "first")
    touch(any_box, "blind")
    seen = web.sighting()
    assert (seen.unit, seen.version, seen.health) == (Unit.UNKNOWN, None, Health.UNKNOWN)
    assert seen.detail == "observe ended with status 4: no view"
    answer = web.at("2.0").switch("second", deadline_s=0.5)
    assert answer.result is StepResult.REVERTED
    assert "no view" in answer.detail


PRINTS = [
    ("echo; echo 1.0", Unit.RUNNING, ""),
    ("printf 1.0", Unit.RUNNING, ""),
    ("echo ' 1.0 '; echo more; echo noise >&2", Unit.RUNNING, ""),
    ("echo 'v 1; rm'", Unit.UNKNOWN, "observe prints what is no version: v 1; rm"),
    ("echo '!1.0'; exit 5", Unit.UNKNOWN, "observe ended with status 5"),
    ("sleep 20", Unit.UNKNOWN, "observe took longer than 300 ms"),
    ("true", Unit.STOPPED, "observe says that nothing runs"),
]


def test_what_observe_prints_and_drift(box: Box) -> None:
    web = staged(box, "1.0").deployed("1.0", "first")
    for observe, unit, detail in PRINTS:
        script = Script((), ("sh", "-c", observe), observe_timeout_s=0.3)
        seen = replace(web, spec=replace(web.spec, script=script)).sighting()
        assert (seen.unit, seen.version) == (unit, "1.0" if unit is Unit.RUNNING else None), observe
        assert seen.detail.startswith(detail), observe
    (box.folder / "runs").write_text("0.5\n")
    assert (web.sighting().version, web.sighting().release) == ("0.5", "1.0")


def test_a_secret_reaches_apply_and_no_argument(box: Box) -> None:
    script = Script(("sh", "-c", f'printf %s "$TOKEN" >"$STATE/token"{APPLY}'), ("sh", "-c", OBSERVE))
    web = staged(box, "1.0", script=script, secrets={"TOKEN": SecretSource(env="T")})
    spec = web.at("1.0").spec
    secret = "several\nlines, it's 'odd'"
    command = drivers.switch(spec, web.claim, "first", 0.1, 5.0, 5.0, {"TOKEN": secret})
    assert drivers.parse_switch(box.run(command)).result is StepResult.HEALTHY
    assert (box.folder / "token").read_text() == secret
    file = web.own / "configuration" / "secrets"
    assert os.stat(file).st_mode & 0o777 == 0o600


def test_with_an_artifact_apply_stands_in_its_release(box: Box) -> None:
    here = 'cat VERSION >"$STATE/runs"; [ "$INTERLOCK_RELEASE" -ef . ] && ls bin >"$STATE/listed"'
    web = placed(box, configured(box, script=Script(("bash", "-c", here), ("sh", "-c", OBSERVE)))).staged("1.0")
    web.deployed("1.0", "first")
    assert (runs(box), (box.folder / "listed").read_text()) == ("1.0", "serve\n")


def test_to_a_process_and_back(box: Box) -> None:
    """A step from one driver to another applies no version first, and the former one if it fails."""
    script = staged(box, "1.0").deployed("1.0", "first")
    other = replace(script.spec, driver=DriverName.PROCESS, command="bin/serve", script=None, version="2.0")
    web = replace(script, spec=other).staged("2.0")
    answer = web.at("2.0", command="exit 1").switch("second", leaving=script, deadline_s=0.5)
    assert (answer.result, runs(box)) == (StepResult.REVERTED, "1.0")
    answer = web.at("2.0").switch("third", leaving=script)
    assert answer.result is StepResult.HEALTHY
    assert web.confirm("third").result is ConfirmResult.CONFIRMED
    assert runs(box) == ""


def test_a_marker_is_never_asked_for(box: Box) -> None:
    web = staged(box)
    found: Artifact = marker("web", "3.0", "")
    assert (web.at("3.0").stage(found).state, web.at("3.0").stage(None).state) == ("have", "have")
