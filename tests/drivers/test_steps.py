"""A step's whole life on a host, under every shell: staged, switched, judged, confirmed or reversed."""

from __future__ import annotations

import time

from engine.drivers import ConfirmResult, StepResult
from engine.model.observation import Health, Unit
from engine.model.service import HealthCheck
from tests.drivers.box import Box, configuration, eventually, placed, served


def test_first_installation_then_the_next_release(any_box: Box, port: int) -> None:
    web = placed(any_box, served(any_box, port))
    assert web.claimed().accepted
    artifact = web.artifact("1.0")
    assert web.stage(artifact).state == "need"
    assert web.upload(artifact).state == "stored"
    assert web.stage(artifact).state == "have"
    first = web.deployed("1.0", "s1")
    seen = first.sighting()
    assert (seen.version, seen.release, seen.unit, seen.health) == ("1.0", "1.0", Unit.RUNNING, Health.PASSING)
    assert seen.configuration == first.spec.configuration
    second = web.staged("2.0").deployed("2.0", "s2")
    assert second.sighting().version == "2.0"
    assert web.history() == ["s1", "s2"]


def test_an_unhealthy_release_is_put_back_and_says_why(any_box: Box, port: int) -> None:
    web = placed(any_box, served(any_box, port)).staged("1.0", "2.0")
    web.deployed("1.0", "s1")
    web.say("2.0", 503)
    answer = web.at("2.0").switch("s2", deadline_s=1.0)
    assert answer.result is StepResult.REVERTED
    assert "503" in answer.detail
    assert "release 1.0 was put back" in answer.detail
    assert any("serving 2.0" in line for line in answer.log)
    eventually(lambda: web.sighting().health is Health.PASSING)
    assert web.sighting().version == "1.0"


def test_without_confirmation_the_previous_release_comes_back(any_box: Box) -> None:
    web = placed(any_box).staged("1.0", "2.0")
    web.deployed("1.0", "s1")
    second = web.at("2.0")
    assert second.switch("s2", confirm_s=0.3).result is StepResult.HEALTHY
    eventually(lambda: web.current() == "releases/1.0")
    assert second.switch("s2").result is StepResult.UNCONFIRMED
    assert second.confirm("s2").result is ConfirmResult.FIRED
    assert web.sighting().unit is Unit.RUNNING


def test_a_first_installation_that_fails_leaves_nothing(any_box: Box) -> None:
    check = HealthCheck(command=("false",), interval_s=0.1, timeout_s=1.0, passes=1)
    web = placed(any_box, configuration(health=check)).staged("1.0")
    answer = web.switch("s1", deadline_s=0.4)
    assert answer.result is StepResult.REVERTED
    assert "stopped" in answer.detail
    assert web.current() == ""
    assert web.sighting().unit is Unit.ABSENT
    assert web.child() == 0


def test_withdrawing_stops_and_leaves_nothing_current(any_box: Box) -> None:
    web = placed(any_box).staged("1.0").deployed("1.0", "s1")
    assert web.withdraw("w1").result is StepResult.WITHDRAWN
    assert web.withdraw("w1").result is StepResult.WITHDRAWN
    assert (web.current(), web.sighting().unit, web.history()) == ("", Unit.ABSENT, ["s1", "w1"])


def test_the_same_step_is_carried_out_once(any_box: Box) -> None:
    web = placed(any_box).staged("1.0")
    assert [web.switch("s1").result for _ in range(3)] == [StepResult.HEALTHY] * 3
    assert web.confirm("s1").result is ConfirmResult.CONFIRMED
    assert web.confirm("s1").result is ConfirmResult.CONFIRMED
    again = web.switch("s1")
    assert (again.result, again.confirmed) == (StepResult.HEALTHY, True)
    assert web.history() == ["s1"]


def test_a_release_that_is_not_there_is_not_switched_to(box: Box) -> None:
    web = placed(box).staged("1.0").deployed("1.0", "s1")
    answer = web.at("9.0").switch("s2")
    assert answer.result is StepResult.UNSTAGED
    assert "9.0" in answer.detail
    assert web.current() == "releases/1.0"
    assert web.at("9.0").staged("9.0").switch("s2").result is StepResult.HEALTHY, "the step's name was used up"


def test_a_release_of_other_content_is_not_switched_to(any_box: Box) -> None:
    web = placed(any_box).staged("1.0", "2.0").deployed("1.0", "s1")
    other = web.at("2.0").artifact("2.0", web.release("2.0-other"))
    answer = web.at("2.0").switch("s2", sha256=other.sha256)
    assert answer.result is StepResult.UNSTAGED
    assert web.at("2.0").switch("s2", sha256=web.artifact("2.0").sha256).result is StepResult.HEALTHY


def test_health_must_hold_for_the_whole_time(box: Box) -> None:
    """One that fails in the middle starts over, and does not make it before the deadline."""
    web = placed(box, configuration(command="sh -c 'sleep 0.6; exit 3'")).staged("1.0")
    answer = web.switch("s1", healthy_s=1.2, deadline_s=2.5)
    assert answer.result is StepResult.REVERTED
    assert "ended" in answer.detail


def test_a_check_has_to_pass_as_often_as_it_says(box: Box) -> None:
    """It passes once, and never again."""
    check = HealthCheck(command=("mkdir", "once"), interval_s=0.1, timeout_s=1.0, passes=2)
    web = placed(box).at("1.0", health=check).staged("1.0")
    assert web.switch("s1", healthy_s=0.0, deadline_s=1.0).result is StepResult.REVERTED


def test_another_version_than_the_release_is_not_healthy(box: Box, port: int) -> None:
    """Whatever answers on the port: what the service reports is what counts."""
    other = placed(box, served(box, port), "other").staged("1.0").deployed("1.0", "s1")
    assert other.sighting().version == "1.0"
    web = placed(box, served(box, port)).staged("2.0").at("2.0")
    answer = web.switch("s2", deadline_s=1.0)
    assert answer.result is StepResult.REVERTED
    assert "reports 1.0" in answer.detail or "ended" in answer.detail


def test_switching_waits_for_no_more_than_it_must(box: Box) -> None:
    web = placed(box).staged("1.0")
    began = time.monotonic()
    assert web.switch("s1", healthy_s=0.0, confirm_s=30.0).result is StepResult.HEALTHY
    assert time.monotonic() - began < 5.0


def test_a_tcp_check_passes_when_someone_listens(any_box: Box, port: int) -> None:
    check = HealthCheck(tcp=f"127.0.0.1:{port}", interval_s=0.1, timeout_s=1.0, passes=1)
    web = placed(any_box, served(any_box, port)).at("1.0", health=check).staged("1.0")
    web.deployed("1.0", "s1")
    deaf = web.at("1.0", health=HealthCheck(tcp=str(port + 1), timeout_s=1.0))
    assert deaf.sighting().health is Health.FAILING
    assert str(port + 1) in deaf.sighting().detail
