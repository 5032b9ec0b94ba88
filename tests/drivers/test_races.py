"""Who comes at the same time: two callers of one step, confirmation and firing, two uploads."""

from __future__ import annotations

from engine.drivers import ConfirmResult, StepResult
from tests.drivers.box import Box, eventually, placed, together

ROUNDS = 10


def test_two_callers_of_one_step_share_it(box: Box) -> None:
    web = placed(box).staged("1.0")
    first, second = together(lambda: web.switch("s1"), lambda: web.switch("s1"))
    assert first == second
    assert first.result is StepResult.HEALTHY  # type: ignore[attr-defined]
    assert web.history() == ["s1"]


def test_a_second_step_is_told_that_the_service_is_busy(box: Box) -> None:
    web = placed(box).staged("1.0", "2.0")
    assert web.switch("s1", confirm_s=60.0).result is StepResult.HEALTHY
    answer = web.at("2.0").switch("s2")
    assert (answer.result, web.history()) == (StepResult.BUSY, ["s1"])
    assert "s1" in answer.detail
    assert web.confirm("s1").result is ConfirmResult.CONFIRMED
    assert web.at("2.0").switch("s2").result is StepResult.HEALTHY


def test_confirmation_and_firing_have_one_winner(box: Box) -> None:
    """The confirmation comes just when the time is over: both sides tell the same story."""
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "s0")
    won: set[ConfirmResult] = set()
    for number in range(ROUNDS):
        step, confirm_s = f"r{number}", 0.02 * number
        new = web.at("2.0")
        assert new.switch(step, confirm_s=confirm_s).result in (StepResult.HEALTHY, StepResult.UNCONFIRMED)
        result = new.confirm(step).result
        won.add(result)
        ended = web.own / "steps" / step
        eventually(lambda at=ended: (at / "confirmed").exists() or (at / "reversed").exists())  # type: ignore[misc]
        assert not ((ended / "confirmed").exists() and (ended / "reversed").exists())
        told = new.switch(step)
        if result is ConfirmResult.CONFIRMED:
            assert (told.result, told.confirmed, web.current()) == (StepResult.HEALTHY, True, "releases/2.0")
            web.deployed("1.0", f"back{number}")
        else:
            assert (result, told.result) == (ConfirmResult.FIRED, StepResult.UNCONFIRMED)
            assert web.current() == "releases/1.0"
        assert new.confirm(step).result is result
    assert won, "no round was played"


def test_confirming_early_confirms_nothing(box: Box) -> None:
    web = placed(box).staged("1.0")
    call = web.switching("s1", healthy_s=1.0, deadline_s=10.0, confirm_s=0.3)
    process = box.start(call)
    assert process.stdin
    process.stdin.write(call.stdin)
    process.stdin.close()
    eventually((web.own / "armed").exists)
    assert web.confirm("s1").result is ConfirmResult.UNKNOWN
    process.wait()
    eventually((web.own / "steps" / "s1" / "reversed").exists)
    assert web.confirm("never-heard-of").result is ConfirmResult.UNKNOWN


def test_two_uploads_at_once_end_in_one_release(box: Box) -> None:
    web = placed(box)
    assert web.claimed().accepted
    artifact = web.artifact("1.0")
    answers = together(*[lambda: web.upload(artifact).state for _ in range(4)])
    assert answers == ["stored"] * 4
    assert sorted(p.name for p in (web.dir / "releases").iterdir()) == ["1.0"]
    assert web.stage(artifact).state == "have"
