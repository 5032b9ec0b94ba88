"""Ways around a second person, each tried: content that comes later, a role that was lost, an override of one's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import RequestDenied
from engine.model.change import Change
from engine.model.consent import ApprovalPolicy, OverridePolicy
from engine.model.release import Artifact
from engine.model.request import Approve, Deploy, OverrideGate
from engine.model.role import Grant, Role
from engine.model.scope import Scope
from engine.model.staging import ReleasePinned
from engine.model.wait import Reason
from engine.plan.requests import judge
from tests.builders import World, service, world
from tests.plan.asking import ask, refused, with_policies, with_teams


def guarded(*givers: str) -> World:
    """Everything needs somebody else's yes; pay belongs to ana and bo, web to nobody of them."""
    made = world(service("pay", team="pay"), service("web", team="shop"))
    made.inventory = with_teams(made.inventory, pay=("ana", "bo"), shop=("cy",), sre=("ana", "sam"))
    return with_policies(made, approvals=(ApprovalPolicy("two", Scope(), 1, givers),))


def published(made: World, version: str, sha256: str) -> None:
    """A file of pay appears, or becomes another."""
    known = {**made.catalog.by_service["pay"], version: Artifact("pay", version, "/pay.tar.gz", sha256, 1, "tar.gz")}
    made.catalog = replace(made.catalog, by_service={**made.catalog.by_service, "pay": known})


def waits(made: World) -> str:
    made.settle()
    return "; ".join(wait.message for wait in made.settled.waits)


def test_a_yes_before_the_artifact_was_there_is_no_yes_to_what_came() -> None:
    made = guarded()
    ask(made, Deploy("ana", "prod", {"pay": "9.0"}, when_available=True))
    before = made.state.changes["1"].digest
    ask(made, Approve("bo", "1"))
    assert made.settle() == []
    published(made, "9.0", "a" * 64)
    assert "what bo approved has changed since" in waits(made)
    assert "is not what you looked at any more" in refused(made, Approve("bo", "1", before))
    ask(made, Approve("bo", "1"))
    assert {act.artifact.sha256 for act in made.settle() if act.artifact} == {"a" * 64}


def test_what_came_first_is_meant_and_nothing_that_is_put_in_its_place() -> None:
    made = guarded()
    ask(made, Deploy("ana", "prod", {"pay": "9.0"}, when_available=True))
    published(made, "9.0", "")
    assert made.settle() == []
    assert made.state.changes["1"].items[0].sha256 == "", "without a sum nobody knows what it is"
    published(made, "9.0", "a" * 64)
    made.settle()
    ask(made, Approve("bo", "1"))
    published(made, "9.0", "b" * 64)
    assert made.settle() == []
    assert "is not what was accepted: its sha256 was aaaaaaaaaaaa then and is bbbbbbbbbbbb now" in waits(made)


def test_content_is_pinned_once_and_only_where_it_was_waited_for() -> None:
    made = world(service("pay"))
    ask(made, Deploy("ana", "prod", {"pay": "9.0"}, when_available=True))
    made.deploy(pay="2.0")  # as of an engine that knew no sum: nothing is made up for it
    published(made, "9.0", "a" * 64)
    made.record(ReleasePinned("1", "pay", "a" * 64))
    before = made.seq
    assert all(not isinstance(getattr(action, "event", None), ReleasePinned) for action in made.plan().actions)
    assert made.seq == before


def test_who_lost_the_role_counts_no_more() -> None:
    made = guarded()
    grants = (Grant(Role.APPROVER, ("bo", "cy")), Grant(Role.DEPLOYER, ("ana",)))
    made.inventory = replace(made.inventory, roles=grants)
    change = made.deploy(pay="2.0")
    ask(made, Approve("bo", change.id))
    made.inventory = replace(made.inventory, roles=(Grant(Role.APPROVER, ("cy",)), *grants[1:]))
    assert "the approval of bo does not count: bo may not approve change 1" in waits(made)
    ask(made, Approve("cy", change.id))
    assert len(made.settle()) == 1


def test_a_yes_to_one_change_is_none_to_another_of_the_same_content() -> None:
    made = guarded()
    first = made.deploy(pay="2.0")
    ask(made, Approve("bo", first.id))
    second = made.deploy(pay="2.0")
    assert first.digest == second.digest
    made.settle()
    assert made.change(second).approvals == ()
    assert {wait.change for wait in made.plan().waits if wait.reason is Reason.APPROVAL_REQUIRED} == {second.id}


def overriding(made: World, scope: Scope | None = None, gate: str = "approval") -> World:
    return with_policies(made, overrides=OverridePolicy((gate,), ("team:sre",), 3600, scope or Scope()))


def test_the_requester_lifts_no_four_eyes_and_a_colleague_does() -> None:
    made = overriding(guarded())
    change = made.deploy(pay="2.0")
    for gate in ("approval", "ApprovalRequired"):
        said = refused(made, OverrideGate("ana", change.id, gate, "incident 12"))
        assert said == (
            f"ana requested change 1, and approvals.two wants other eyes: sam may override {gate}. Nothing was changed"
        )
    ask(made, OverrideGate("sam", change.id, "approval", "incident 12"))
    assert len(made.settle()) == 1


def test_where_no_policy_wants_other_eyes_the_requester_may_lift_it() -> None:
    made = overriding(guarded())
    (policy,) = made.inventory.approvals
    with_policies(made, approvals=(replace(policy, four_eyes=False),))
    change = made.deploy(pay="2.0")
    ask(made, OverrideGate("ana", change.id, "approval", "incident 12"))
    assert len(made.settle()) == 1


@pytest.mark.parametrize(
    ("scope", "changes", "covered"),
    [
        (Scope(), ({"pay": "2.0"}, {"web": "2.0"}, {"pay": "2.0", "web": "2.0"}), (True, True, True)),
        (Scope(teams=("pay",)), ({"pay": "2.0"}, {"web": "2.0"}, {"pay": "2.0", "web": "2.0"}), (True, False, False)),
        (Scope(environments=("staging",)), ({"pay": "2.0"},), (False,)),
    ],
)
def test_an_override_policy_covers_changes_that_touch_nothing_else(
    scope: Scope, changes: tuple[dict[str, str], ...], covered: tuple[bool, ...]
) -> None:
    for goals, allowed in zip(changes, covered, strict=True):
        made = overriding(guarded(), scope)
        change = made.deploy(**goals)
        request = OverrideGate("sam", change.id, "approval", "incident 12")
        if allowed:
            assert "is overridden" in ask(made, request)
            continue
        with pytest.raises(RequestDenied, match="applies_to does not cover it, so nobody may"):
            judge(made.snapshot, request)


def test_whom_the_policy_does_not_name_is_denied_and_told_who_may() -> None:
    made = overriding(guarded())
    change: Change = made.deploy(pay="2.0")
    with pytest.raises(RequestDenied, match=r"bo may not override approval; team:sre \(ana, sam\) may"):
        judge(made.snapshot, OverrideGate("bo", change.id, "approval", "incident 12"))
