"""Approvals and evidence: whose yes counts, of what, and what a policy asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.change import Change, Kind, Status
from engine.model.consent import ApprovalPolicy, EvidencePolicy
from engine.model.names import InstanceId
from engine.model.request import Approve, Deploy, Hold, Reject
from engine.model.scope import Scope
from engine.model.wait import Reason
from engine.plan.estate import Estate
from engine.plan.gates.consent import approval
from engine.plan.gates.table import split
from engine.plan.preview import preview
from tests.builders import World, service, world
from tests.plan.asking import ask, refused, with_policies, with_teams
from tests.plan.reading import reasons

PCI = Scope(labels={"compliance": "pci"})


def guarded(count: int = 2, *, four_eyes: bool = True, givers: tuple[str, ...] = ("team:security", "kim")) -> World:
    """pay needs approvals, web does not; ana (who asks in these tests) is of the team."""
    made = world(service("pay", labels={"compliance": "pci"}), service("web"))
    made.inventory = with_teams(made.inventory, security=("ana", "bo", "cy"))
    return with_policies(made, approvals=(ApprovalPolicy("pci", PCI, count, givers, four_eyes),))


def waiting(made: World) -> str:
    (wait,) = (wait for wait in made.plan().waits if wait.reason is Reason.APPROVAL_REQUIRED)
    return wait.message


def test_a_change_waits_until_enough_of_the_right_people_have_said_yes() -> None:
    made = guarded()
    change = made.deploy(pay="2.0")
    assert made.settle() == []
    assert "wants 2 from team:security (ana, bo, cy) or kim" in waiting(made)
    assert "nobody has approved it, 2 missing" in waiting(made)
    assert "1 more wanted" in ask(made, Approve("bo", change.id))
    assert made.settle() == []
    assert "approved by bo, 1 missing" in waiting(made)
    assert "all it needs" in ask(made, Approve("kim", change.id))
    assert len(made.settle()) == 1


def test_a_preview_names_no_number_that_another_change_may_get() -> None:
    made = guarded()
    wanted = Deploy("ana", "prod", {"pay": "2.0"})
    assert {wait.unblock for wait in preview(made.snapshot, wanted).waits} == {
        "interlock approve CHANGE  # bo or cy or kim, but not ana, who asked for it"
    }


def test_what_no_policy_covers_needs_no_approval() -> None:
    made = guarded()
    change = made.deploy(web="2.0")
    assert len(made.settle()) == 1
    assert "no policy asks for approvals" in refused(made, Approve("bo", change.id))


def test_one_item_that_needs_approval_holds_the_whole_change() -> None:
    made = guarded()
    made.deploy(pay="2.0", web="2.0")
    assert made.settle() == []


@pytest.mark.parametrize(
    ("person", "four_eyes", "said"),
    [
        ("ana", True, "ana requested change 1, and approvals.pci wants other eyes: team:security (ana, bo, cy) or kim"),
        ("dan", True, "dan is not among those whom approvals.pci names: team:security (ana, bo, cy) or kim"),
        ("dan", False, "dan is not among those"),
    ],
)
def test_an_approval_that_would_not_count_is_refused_with_who_could(person: str, four_eyes: bool, said: str) -> None:
    made = guarded(1, four_eyes=four_eyes)
    change = made.deploy(pay="2.0")
    assert said in refused(made, Approve(person, change.id))
    assert said in refused(made, Reject(person, change.id))
    assert made.settle() == []


def test_without_four_eyes_the_requester_counts() -> None:
    made = guarded(1, four_eyes=False)
    change = made.deploy(pay="2.0")
    ask(made, Approve("ana", change.id))
    assert len(made.settle()) == 1


def test_nobody_counts_twice() -> None:
    made = guarded()
    change = made.deploy(pay="2.0")
    ask(made, Approve("bo", change.id))
    assert "by bo already" in ask(made, Approve("bo", change.id))
    assert made.settle() == []


def test_an_approval_ends_where_the_policy_says_and_can_be_given_again() -> None:
    made = guarded(2)
    (policy,) = made.inventory.approvals
    with_policies(made, approvals=(replace(policy, valid_s=3600.0),))
    change = made.deploy(pay="2.0")
    ask(made, Approve("bo", change.id))
    made.elapsed_s += 3599.0
    assert "bo already" in ask(made, Approve("bo", change.id))
    assert "approved by bo, 1 missing" in waiting(made)
    made.elapsed_s += 1.0
    assert "nobody has approved it, 2 missing; the approval of bo ended at 2026-11-24 10:00 UTC" in waiting(made)
    assert "1 more wanted" in ask(made, Approve("kim", change.id))
    assert made.settle() == [], "the one that ended does not count"
    assert "all it needs" in ask(made, Approve("bo", change.id))
    assert len(made.settle()) == 1
    made.elapsed_s += 7200.0
    assert made.change(change).status is Status.RUNNING, "what has started goes on"


def test_what_ends_by_time_alone_is_asked_at_every_moment() -> None:
    """The same change that only a window held: whoever keeps answers must not keep an approval's."""
    made = guarded(1)
    change = made.deploy(pay="2.0")
    (policy,) = made.inventory.approvals
    assert approval in split(made.inventory, change)[0]
    with_policies(made, approvals=(replace(policy, valid_s=3600.0),))
    assert approval in split(made.inventory, change)[1]
    ask(made, Approve("bo", change.id))
    ask(made, Hold("ana", change.id))
    assert made.settle() == []
    assert {wait.reason for wait in made.settled.waits} == {Reason.HELD}
    made.elapsed_s += 3600.0
    assert made.settle() == []
    assert {wait.reason for wait in made.settled.waits} == {Reason.HELD, Reason.APPROVAL_REQUIRED}


def edited(made: World, change: Change) -> Change:
    """The same change, to another version."""
    items = tuple(replace(item, goal="3.0") for item in made.change(change).items)
    other = replace(made.change(change), items=items)
    made.state = replace(made.state, changes={**made.state.changes, change.id: other})
    return other


def test_an_edited_change_needs_its_approvals_anew() -> None:
    made = guarded(1)
    change = made.deploy(pay="2.0")
    ask(made, Approve("bo", change.id))
    edited(made, change)
    assert made.settle() == []
    assert "what bo approved has changed since" in waiting(made)
    ask(made, Approve("bo", change.id))
    assert [act.goal for act in made.settle()] == ["3.0"]


def test_approving_what_is_not_what_was_looked_at_is_refused() -> None:
    made = guarded(1)
    change = made.deploy(pay="2.0")
    seen = change.digest
    edited(made, change)
    assert "is not what you looked at any more (pay 3.0 now)" in refused(made, Approve("bo", change.id, seen))
    assert made.settle() == []


def test_whoever_left_the_team_counts_no_more() -> None:
    made = guarded(1)
    change = made.deploy(pay="2.0")
    ask(made, Approve("bo", change.id))
    made.inventory = with_teams(made.inventory, security=("ana", "cy"))
    assert made.settle() == []


def test_a_rejected_change_is_cancelled_and_desired_is_what_it_was() -> None:
    made = guarded(1)
    change = made.deploy(pay="2.0")
    assert "rejected by bo" in ask(made, Reject("bo", change.id, "not this week"))
    assert made.settle() == []
    assert made.change(change).status is Status.CANCELLED
    assert made.change(change).rejection == "rejected by bo: not this week"
    assert Estate(made.snapshot).desired(InstanceId("pay", "prod")) == "1.0"
    assert "nothing to approve" in refused(made, Approve("cy", change.id))
    assert "nothing to reject" in refused(made, Reject("cy", change.id))


def test_what_has_started_cannot_be_rejected() -> None:
    made = guarded(1)
    change = made.deploy(web="2.0")
    made.settle()
    assert "abort it" in refused(made, Reject("bo", change.id))


TICKET = EvidencePolicy("ticket", Scope(environments=("prod",)), "ticket", "[A-Z]+-[0-9]+")


@pytest.mark.parametrize(
    ("evidence", "starts", "said"),
    [
        ({}, False, "the change has none"),
        ({"ticket": "OPS-12"}, True, ""),
        ({"ticket": "see OPS-12"}, False, "has 'see OPS-12', which is none"),
        ({"ticket": "ops-12"}, False, "which is none"),
        ({"Ticket": "OPS-12"}, False, "the change has none"),
        ({"other": "x", "ticket": "A-1"}, True, ""),
    ],
)
def test_evidence_has_to_match_in_full(evidence: dict[str, str], starts: bool, said: str) -> None:
    made = with_policies(world(service("web")), evidence=(TICKET,))
    ask(made, Deploy("ana", "prod", {"web": "2.0"}, evidence=evidence))
    assert (len(made.settle()) == 1) is starts
    for wait in made.plan().waits:
        assert wait.reason is Reason.EVIDENCE_REQUIRED
        assert said in wait.message
        assert wait.unblock == "interlock deploy web=2.0 -e prod --evidence ticket=VALUE"
        assert wait.owner == "policies.evidence.ticket"


@pytest.mark.parametrize("evidence", [{"": "x"}, {"x": ""}, {"x": "y" * 101}, {str(n): "x" for n in range(21)}])
def test_what_cannot_be_evidence_is_refused(evidence: dict[str, str]) -> None:
    made = world(service("web"))
    assert "evidence" in refused(made, Deploy("ana", "prod", {"web": "2.0"}, evidence=evidence))


def test_a_way_back_waits_for_neither() -> None:
    made = guarded()
    made = with_policies(made, evidence=(TICKET,))
    made.deploy(kind=Kind.ROLLBACK, pay="1.1")
    assert len(made.settle()) == 1
    assert reasons(made) == set()
