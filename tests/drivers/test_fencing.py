"""Claims: which engine a host obeys, for every verb that changes something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.drivers import ConfirmResult, StepResult
from engine.model.observation import Claim
from tests.drivers.box import CLAIM, Box, placed, together

NEWER = replace(CLAIM, epoch=2, engine="engine2")


@pytest.mark.parametrize(
    ("claim", "accepted", "word"),
    [
        (CLAIM, True, ""),
        (NEWER, True, ""),
        (Claim("store1", 0, "engine0"), False, "newer run"),
        (Claim("store1", 1, "another"), False, "another engine"),
        (Claim("store2", 9, "engine9"), False, "another store"),
    ],
)
def test_who_may_claim_a_host(any_box: Box, claim: Claim, accepted: bool, word: str) -> None:
    web = placed(any_box)
    assert web.claimed().accepted
    answer = web.claimed(claim)
    assert (answer.accepted, answer.holder) == (accepted, claim if accepted else CLAIM)
    assert word in answer.detail


def test_taking_over_is_for_another_store_only(box: Box) -> None:
    web = placed(box)
    web.claimed()
    assert not web.claimed(Claim("store1", 0, "engine0"), take_over=True).accepted
    other = Claim("store2", 1, "engine9")
    assert web.claimed(other, take_over=True).accepted
    assert web.report().claim == other


def test_an_unclaimed_host_can_only_be_observed(box: Box) -> None:
    web = placed(box)
    artifact = web.artifact("1.0")
    assert web.report().claim is None
    assert web.stage(artifact).state == "fenced"
    assert web.upload(artifact).state == "fenced"
    assert web.switch("s1").result is StepResult.FENCED
    assert not (box.home / "interlock").exists()


def test_a_stale_engine_changes_nothing(box: Box) -> None:
    web = placed(box).staged("1.0", "2.0").deployed("1.0", "s1")
    stale = web.at("2.0")
    assert web.claimed(NEWER).accepted
    answers = [stale.stage(None), stale.upload(stale.artifact("2.0")), stale.switch("s2"), stale.withdraw("w")]
    assert [answer.holder for answer in answers] == [NEWER] * 4  # type: ignore[attr-defined]
    assert stale.confirm("s1").result is ConfirmResult.FENCED
    assert (web.current(), web.history()) == ("releases/1.0", ["s1"])


def test_the_next_engine_attaches_to_the_step_of_the_last(box: Box) -> None:
    web = placed(box).staged("1.0")
    assert web.switch("s1").result is StepResult.HEALTHY
    heir = replace(web, claim=NEWER)
    assert heir.claimed().accepted
    assert heir.switch("s1").result is StepResult.HEALTHY
    assert heir.confirm("s1").result is ConfirmResult.CONFIRMED
    assert web.history() == ["s1"]


def test_of_two_engines_that_claim_at_once_one_wins(box: Box) -> None:
    web = placed(box)
    rivals = [Claim("store1", 5, f"engine{n}") for n in range(4)]
    answers = together(*[lambda claim=claim: web.claimed(claim) for claim in rivals])
    winners = [rival for rival, answer in zip(rivals, answers, strict=True) if answer.accepted]  # type: ignore[attr-defined]
    assert len(winners) == 1
    assert web.report().claim == winners[0]


def test_organizations_are_claimed_apart(box: Box) -> None:
    web = placed(box)
    web.claimed()
    other = replace(web, spec=replace(web.spec, organization="other"), claim=Claim("store9", 3, "engine9"))
    assert other.claimed().accepted
    assert (web.report().claim, other.report().claim) == (CLAIM, other.claim)


def test_a_base_that_cannot_be_written_is_refused_in_words(box: Box) -> None:
    (box.home / "interlock").write_text("a file")
    answer = placed(box).claimed()
    assert not answer.accepted
    assert answer.holder is None
    assert "cannot be written" in answer.detail
